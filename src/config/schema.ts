// Every key of the configuration: its type, its limits, its default and its explanation, in one place. The JSON Schema,
// the reference in docs/ and the names of the environment variables are all derived from here.
import { z } from "zod";
import { authSchema } from "./auth-schema.ts";
import { gc } from "./gc-schema.ts";
import { listenAddress } from "./listen-address.ts";
import { mirror } from "./mirror-schema.ts";
import { network } from "./network.ts";
import { oneOf } from "./one-of.ts";
import { scrub } from "./scrub-schema.ts";
import { s3 } from "./s3-schema.ts";
import { publicUrl } from "./public-url.ts";
import { retention } from "./retention-schema.ts";
import { tags } from "./tags-schema.ts";
import { upstreams } from "./upstream-schema.ts";

/** The longest delay that a Node timer can count, 2^31 - 1 milliseconds, rounded down to seconds (almost 25 days). */
const longestTimerSeconds = 2_147_483;

const timerSeconds = z.int().min(1).max(longestTimerSeconds);
const path = z.string().min(1);
const mebibyte = 1024 * 1024;

const http = z.strictObject({
  listen: listenAddress
    .prefault("127.0.0.1:5000")
    .describe(
      "Address of the registry: HOST:PORT, [IPV6]:PORT, or :PORT for every IPv4 address. Port 0 lets the system choose.",
    ),
  publicUrl: publicUrl
    .optional()
    .describe(
      "URL under which clients reach Berth, such as https://registry.example.com. When set, Location and Link headers are absolute with it; otherwise they are absolute paths, which work behind any proxy.",
    ),
  tls: z
    .strictObject({
      cert: path.describe(
        "PEM file with the certificate of the server and, behind it, those that lead to its root.",
      ),
      key: path.describe("PEM file with the private key of the certificate, without a passphrase."),
    })
    .optional()
    .describe(
      "Serves HTTPS instead of HTTP, with this certificate. When the files change, new connections get the new one within seconds.",
    ),
  trustedProxies: z
    .array(network.describe("An address, a network such as 10.0.0.0/8, or loopback."))
    .prefault([])
    .describe(
      "Proxies whose word is taken for who the client is and what it asked for, in X-Forwarded-For, X-Forwarded-Proto and X-Forwarded-Host, or in Forwarded: addresses, networks such as 10.0.0.0/8, or the word loopback. Of a list of schemes or hosts the last counts; of addresses the last that is not itself trusted.",
    ),
  workers: z
    .union([z.int().min(1).max(256), z.enum(["auto"])])
    .prefault(1)
    .describe(
      "How many processes serve, all on this address and on the same data; auto is one for each core. Each takes the memory of a server of its own.",
    ),
  offload: z
    .enum(["nginx"])
    .optional()
    .describe(
      "Lets nginx send large blobs from the directory of the blobs itself, when it is on this machine, named in trustedProxies, and has deploy/nginx-offload.conf: docs/nginx-offload.md. Who may have them is still decided here.",
    ),
  drainSeconds: z
    .int()
    .min(0)
    .max(longestTimerSeconds)
    .prefault(30)
    .describe("How long running transfers may finish after SIGTERM or SIGINT before they are cut."),
  inactivitySeconds: timerSeconds
    .prefault(120)
    .describe(
      "A connection on which no byte moved either way for this long is cut. There is no limit on a transfer's total time.",
    ),
  headersSeconds: timerSeconds
    .prefault(60)
    .describe("How long a client may take to send the headers of one request."),
  keepAliveSeconds: timerSeconds
    .prefault(75)
    .describe(
      "How long an idle connection is kept for the client's next request. Keep it above the idle time of a load balancer in front, which otherwise sees resets.",
    ),
  maxManifestBytes: z
    .int()
    .min(1024)
    .max(64 * 1024 * 1024)
    .prefault(4_194_304)
    .describe("Largest manifest accepted; a larger one gets 413. The specification asks for 4 MiB at least."),
});

const metrics = z.strictObject({
  listen: listenAddress
    .optional()
    .describe(
      "Address on which Prometheus metrics are served at /metrics, in the form of http.listen. Not served unless set.",
    ),
});

const log = z.strictObject({
  level: z
    .enum(["trace", "debug", "info", "warn", "error", "silent"])
    .prefault("info")
    .describe("Least severe level that is logged. With debug or trace, failures show their stack."),
});

const filesystem = z.strictObject({
  directory: path
    .optional()
    .describe("Directory that holds the blobs. Default: blobs in the data directory."),
});

const sqlite = z.strictObject({
  path: path.optional().describe("The database file. Default: berth.sqlite in the data directory."),
});

const storage = z.strictObject({
  blobs: oneOf({
    filesystem: filesystem.describe("Blobs as files in a directory."),
    s3: s3.describe("Blobs as objects in a bucket, at AWS or at anything else that speaks S3."),
    memory: z
      .strictObject({})
      .describe("Blobs in memory, lost when the process ends. For tests and demonstrations."),
  })
    .prefault({ filesystem: {} })
    .describe("Where the bytes of blobs are kept; exactly one of its keys."),
  metadata: oneOf({ sqlite: sqlite.describe("An embedded SQLite database.") })
    .prefault({ sqlite: {} })
    .describe(
      "Where repositories, tags, manifests and upload sessions are recorded; exactly one of its keys.",
    ),
  minFreeBytes: z
    .int()
    .min(0)
    .max(Number.MAX_SAFE_INTEGER)
    .prefault(256 * mebibyte)
    .describe(
      "With less room than this on the disk of the blobs, or on that of the database, pushes are refused; pulls, deletes and collection go on, and need some of it. With a bucket the disk of its spoolDirectory counts.",
    ),
});

const uploads = z.strictObject({
  expirySeconds: z
    .int()
    .min(60)
    .max(315_360_000)
    .prefault(604_800)
    .describe("An upload session that received nothing for this long is removed, with its bytes."),
  leaseSeconds: z
    .int()
    .min(1)
    .max(3600)
    .prefault(10)
    .describe(
      "How long an upload session stays reserved for a writer that fell silent before another may go on with it.",
    ),
});

export const configSchema = z
  .strictObject({
    http: http.prefault({}).describe("The registry's HTTP server."),
    metrics: metrics.prefault({}).describe("Metrics for Prometheus, on an address of their own."),
    log: log.prefault({}).describe("The log, one JSON object a line on standard output."),
    auth: authSchema.prefault({}).describe("Who may do what."),
    data: path
      .prefault("./data")
      .describe("The data directory. It holds whatever has no place of its own configured."),
    storage: storage.prefault({}).describe("Where content is kept."),
    uploads: uploads.prefault({}).describe("Uploads that have begun and are not finished."),
    gc: gc.prefault({}).describe("What becomes of content that nothing needs any more."),
    retention: retention.prefault({}).describe("Which tags stay, and which are deleted by themselves."),
    tags: tags.prefault({}).describe("Tags that were pushed."),
    scrub: scrub.prefault({}).describe("Reading stored blobs to find those that a disk forgot."),
    upstreams: upstreams
      .prefault([])
      .describe(
        "Registries of others that may be pulled from through this one, which keeps what was pulled. No other is ever asked.",
      ),
    mirror: mirror.prefault({}).describe("How upstreams are mirrored, and for how long content is kept."),
  })
  .meta({ title: "Configuration of Berth" });

/** What the schema yields: defaults filled in, nothing resolved against anything else. */
export type Settings = z.output<typeof configSchema>;
