// The keys of the mirror as a whole; what differs by upstream stands there.
import { z } from "zod";

const mebibyte = 1024 * 1024;
const gibibyte = 1024 * mebibyte;
const glob = z.string().min(1).max(500);

const virtual = z.strictObject({
  from: z
    .string()
    .max(255)
    .describe("Path of a repository here, such as google_containers/pause, or of many, google_containers/*."),
  to: z
    .string()
    .max(255)
    .describe(
      "What it means: an upstream and a name there, such as registry.k8s.io/pause or registry.k8s.io/*.",
    ),
});

export const mirror = z.strictObject({
  default: z
    .string()
    .min(1)
    .optional()
    .describe(
      "The upstream that is asked for names that name none and that no repository here has: docker.io where docker uses Berth as a registry-mirror. Default: none.",
    ),
  virtual: z
    .array(virtual.describe("One rule; the first that fits counts."))
    .prefault([])
    .describe(
      "Other names for what is mirrored. Under google_containers/* → registry.k8s.io/*, coredns means coredns/coredns, as kubeadm wants it.",
    ),
  checkSeconds: z
    .number()
    .min(0.1)
    .max(30)
    .prefault(3)
    .describe("How long asking about a cached tag may take before it is served as it is."),
  backoffSeconds: z
    .int()
    .min(0)
    .max(3600)
    .prefault(30)
    .describe("After an upstream failed, nobody asks it about cached content again for this long."),
  negativeSeconds: z
    .int()
    .min(0)
    .max(30)
    .prefault(30)
    .describe("How long it is remembered that an upstream does not have something."),
  rateLimitReserve: z
    .int()
    .min(0)
    .max(1_000_000)
    .prefault(10)
    .describe(
      "When an upstream says that so few requests are left of its limit, cached tags are served without asking.",
    ),
  maxBytes: z
    .int()
    .min(mebibyte)
    .max(Number.MAX_SAFE_INTEGER)
    .optional()
    .describe(
      "How much may be cached; beyond it, what was pulled least recently goes. What was pushed does not count. Default: no limit.",
    ),
  lowWater: z
    .number()
    .min(0.1)
    .max(1)
    .prefault(0.9)
    .describe("The share of maxBytes that is left when maxBytes was passed."),
  idleSeconds: z
    .int()
    .min(60)
    .max(315_360_000)
    .optional()
    .describe("What is cached and was not pulled for this long goes. Default: never."),
  pins: z
    .array(glob.describe("A pattern over upstream/name:tag, such as registry.k8s.io/**:v1.30.*."))
    .prefault([])
    .describe("What stays cached, however long nobody pulls it."),
  minFreeBytes: z
    .int()
    .min(0)
    .max(Number.MAX_SAFE_INTEGER)
    .prefault(gibibyte)
    .describe("With less room than this where downloads are kept, content passes through and is not kept."),
  finishAbandoned: z
    .boolean()
    .prefault(true)
    .describe("Whether a download goes on when the client that began it left."),
  spoolDirectory: z
    .string()
    .min(1)
    .optional()
    .describe("Directory of downloads that are running. Default: fills in the data directory."),
});
