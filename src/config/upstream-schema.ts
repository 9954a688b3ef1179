// The keys of an upstream registry and of the places that it is fetched from. Apart from schema.ts because they are many.
import { z } from "zod";
import { patternFault, replacementFault } from "./rewrite-pattern.ts";
import { secret } from "./secret.ts";
import { serviceUrl } from "./service-url.ts";

const path = z.string().min(1);
const seconds = z.int().min(1).max(3600);

const label = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
/** A component of repository names: it is one here. */
const host = z
  .string()
  .max(128)
  .regex(
    new RegExp(`^${label}$`),
    "must be a host name in lower case and without a port, since repositories are named after it: a port goes to url and to aliases",
  );
const alias = z
  .string()
  .max(128)
  .regex(new RegExp(`^${label}(?::\\d{1,5})?$`), "must be a host name in lower case, with a port or without");
const prefix = z
  .string()
  .max(128)
  .regex(
    new RegExp(`^${label}$`),
    "must be a single path component in lower case, as repository names have them",
  );

const rewrite = z
  .strictObject({
    from: z
      .string()
      .min(1)
      .describe(
        "A regular expression over the whole of the name, such as (.*), or of name:tag where it has a colon, such as coredns/coredns:v(.*).",
      ),
    to: z.string().min(1).describe("What the source calls it; $1 stands for the first group."),
  })
  .check((context) => {
    const { from, to } = context.value;
    const fault = patternFault(from);
    const found = fault === undefined ? replacementFault(from, to) : fault;
    if (found === undefined) return;
    const key = fault === undefined ? "to" : "from";
    context.issues.push({ code: "custom", message: found, input: context.value[key], path: [key] });
  });

const credentials = z
  .strictObject({
    username: z.string().min(1).optional().describe("Name of the account there."),
    password: secret(z.string().min(1).optional().describe("Its password or access token.")),
    file: path
      .optional()
      .describe(
        "A JSON file with username and password, or docker's config.json, instead. It is read again when it changes.",
      ),
    command: z
      .array(z.string().min(1).describe("The program, then its arguments, each by itself."))
      .min(1)
      .optional()
      .describe(
        "A program that prints the same JSON, or a docker credential helper, instead. It runs without a shell.",
      ),
    everySeconds: z
      .int()
      .min(1)
      .max(30 * 86_400)
      .optional()
      .describe(
        "With command: how long what it printed is used, unless the upstream refuses it before. Default: 3600.",
      ),
  })
  .refine(
    ({ username, password, file, command, everySeconds }) =>
      (username === undefined) === (password === undefined) &&
      [username, file, command].filter((way) => way !== undefined).length === 1 &&
      (everySeconds === undefined || command !== undefined),
    { message: "must have username and password, or file, or command; everySeconds goes with command" },
  );

const sourceKeys = {
  url: serviceUrl
    .optional()
    .describe(
      "Base URL without /v2, such as https://registry-1.docker.io. Default: that of the upstream, https and its host.",
    ),
  tags: z
    .enum(["trusted", "never"])
    .optional()
    .describe(
      "Whether this source says what a tag means. never: it is asked for content by digest alone, which is verified. Default: trusted.",
    ),
  rewrite: z
    .array(rewrite.describe("One rule; the first that fits counts."))
    .optional()
    .describe("How names and tags are spelled there, where that differs."),
  credentials: credentials.optional().describe("How Berth signs in there. Default: not at all."),
  proxy: secret(
    z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe(
        "URL of an HTTP proxy on the way. Default: what HTTPS_PROXY, HTTP_PROXY and NO_PROXY of the environment say.",
      ),
  ),
  ca: path
    .optional()
    .describe("PEM file with authorities that certificates may come from, besides the usual ones."),
  clientCertificate: z
    .strictObject({
      cert: path.describe("PEM file with the certificate."),
      key: path.describe("PEM file with its private key, without a passphrase."),
    })
    .optional()
    .describe("A certificate that Berth shows there."),
  insecure: z
    .boolean()
    .optional()
    .describe("Accepts any certificate. Anybody on the way can then read and change tags. Default: false."),
  maxConnections: z
    .int()
    .min(1)
    .max(1000)
    .optional()
    .describe("How many requests run there at the same time; others wait. Default: 32."),
  requestsPerSecond: z
    .number()
    .positive()
    .max(10_000)
    .optional()
    .describe("How many requests begin there in a second at most. Default: no limit."),
  headersSeconds: seconds
    .optional()
    .describe("How long connecting and the first byte of an answer may take. Default: 8."),
  inactivitySeconds: seconds
    .optional()
    .describe("A transfer of which nothing came for this long is broken off, and resumed. Default: 30."),
};

const source = z.strictObject(sourceKeys);

const tagTtl = z.strictObject({
  pattern: z
    .string()
    .min(1)
    .max(255)
    .describe(
      "A tag such as latest or v1.*, or name:tag such as library/*:latest. * stands for anything within a path component, ** for anything.",
    ),
  seconds: z
    .int()
    .min(0)
    .max(315_360_000)
    .describe("How long such a tag is served without asking; 0: never."),
});

const glob = z.string().min(1).max(255);

const upstreamSection = z
  .strictObject({
    host: host.describe(
      "Host that images are named after, such as docker.io; repositories begin with it here.",
    ),
    aliases: z
      .array(alias.describe("One host, with a port where clients write one."))
      .optional()
      .describe("Other hosts that mean the same images, besides those that are built in."),
    prefixes: z
      .array(prefix.describe("One path component."))
      .optional()
      .describe("Short names for paths: with k8s, k8s/pause means registry.k8s.io/pause."),
    ...sourceKeys,
    sources: z
      .array(source.describe("One place to fetch from, with the keys that may else stand beside host."))
      .min(1)
      .optional()
      .describe(
        "Several places to fetch from, in the order in which they are asked, instead of url and its like.",
      ),
    allow: z
      .array(
        glob.describe("A pattern over the name without the host: * stays within a component, ** does not."),
      )
      .optional()
      .describe("What may be fetched. Default: everything."),
    deny: z
      .array(glob.describe("A pattern as in allow."))
      .optional()
      .describe("What may not be fetched, although allow has it. Default: nothing."),
    anonymous: z
      .boolean()
      .optional()
      .describe(
        "With auth.mode accounts: whether anybody may pull from here. Default: yes, unless credentials or a client certificate are set, which may open more there than anybody should see.",
      ),
    tagTtl: z
      .array(tagTtl.describe("One rule; the first that fits counts."))
      .optional()
      .describe(
        "How long tags are served without asking whether they moved. Default: latest one minute, tags such as 1.2.3 an hour.",
      ),
    tagTtlSeconds: z
      .int()
      .min(0)
      .max(315_360_000)
      .optional()
      .describe("The same for tags that no rule fits; 0: ask each time. Default: 300."),
    onDeletion: z
      .enum(["keep", "follow"])
      .optional()
      .describe(
        "What becomes of a cached tag that is gone upstream. keep: it is served on. follow: it goes here too. Default: keep.",
      ),
  })
  .check((context) => {
    if (context.value.sources === undefined) return;
    const beside = Object.keys(sourceKeys).filter((key) => Reflect.get(context.value, key) !== undefined);
    if (beside.length === 0) return;
    const message = `must stand in one of the sources, not beside them`;
    for (const key of beside) context.issues.push({ code: "custom", message, input: undefined, path: [key] });
  });

export const upstreams = z.array(
  z
    .union([upstreamSection, host])
    .describe(
      "An upstream with its keys; or its host alone; or the word defaults, for docker.io, registry.k8s.io, ghcr.io, quay.io, gcr.io and mcr.microsoft.com, which later entries may replace one by one.",
    ),
);

export type SourceSection = z.output<typeof source>;
export type UpstreamSection = z.output<typeof upstreamSection>;
