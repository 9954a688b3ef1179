// /fsck: is all of it there, and right? What the last check found, and beginning one.
import { z } from "zod";
import { optionalTimeOf, time } from "./fields.ts";
import type { FsckFinding, FsckStatus } from "./fsck-admin.ts";
import { operation } from "./operation.ts";

const count = z.int().min(0);

const findingSchema = z
  .strictObject({
    kind: z.string(),
    digest: z.string().nullable(),
    locator: z.string().nullable().describe("Where the bytes lie in the store."),
    size: count.nullable(),
    repositories: z.array(z.string()).describe("Some of those that have it."),
    quarantined: z.string().nullable().describe("Where its bytes were put."),
    refetched: z.boolean().describe("Whether it was fetched again from its upstream."),
    usage: z.string().nullable().describe("Whose usage was wrong: a repository or a project."),
  })
  .meta({ id: "FsckFinding" });

const statusSchema = z
  .strictObject({
    running: z.boolean(),
    startedAt: time.nullable().describe("When the last check began; null before the first."),
    endedAt: time.nullable().describe("When it ended; null while it goes on."),
    error: z.string().nullable().describe("Why it did not come to its end."),
    repaired: z.boolean(),
    objects: count,
    blobs: count,
    manifests: count,
    readBytes: count.describe("Read to compare blobs with their digests."),
    damaged: count.describe("Blobs that were known to be damaged, and wait to be pushed again."),
    quarantinedObjects: count.describe("Kept apart, by this check and those before."),
    quarantinedBytes: count,
    counts: z.record(z.string(), count).describe("What was found, by kind."),
    findings: z.array(findingSchema).describe("The first thousand."),
  })
  .meta({ id: "FsckStatus" });

const newRun = z
  .strictObject({
    repair: z.boolean().default(false).describe("Mends what is found."),
    digests: z.boolean().default(false).describe("Reads all blobs, to compare them with their digests."),
    bytesPerSecond: z.int().min(65_536).optional().describe("Of reading, at most."),
  })
  .meta({ id: "NewFsck" });

export const getFsck = operation({
  id: "getFsck",
  summary: "Says how far a check of the store is, or what the last one found.",
  answer: statusSchema,
  handle: async ({ fsck }) => statusAnswer(await fsck.status()),
});

export const startFsck = operation({
  id: "startFsck",
  summary: "Checks the store now, in the background, unless a check goes on.",
  body: newRun,
  answer: statusSchema,
  change: { action: "fsck.run", target: () => "the store" },
  handle: async ({ fsck }, { body }) => {
    await fsck.start(body);
    return statusAnswer(await fsck.status());
  },
});

type Last = NonNullable<FsckStatus["last"]>;

const none: Omit<Last, "startedAt"> = {
  ...{ objects: 0, blobs: 0, manifests: 0, readBytes: 0, damaged: 0, repaired: false },
  ...{ counts: {}, quarantined: { objects: 0, bytes: 0 }, findings: [] },
};

function statusAnswer({ running, last }: FsckStatus): z.output<typeof statusSchema> {
  const { objects, blobs, manifests, readBytes, damaged, repaired, counts, ...rest } = last ?? none;
  return {
    running,
    startedAt: optionalTimeOf(last?.startedAt),
    endedAt: optionalTimeOf(last?.endedAt),
    error: last?.error ?? null,
    ...{ repaired, objects, blobs, manifests, readBytes, damaged },
    quarantinedObjects: rest.quarantined.objects,
    quarantinedBytes: rest.quarantined.bytes,
    counts: { ...counts },
    findings: rest.findings.map(findingAnswer),
  };
}

function findingAnswer(finding: FsckFinding): z.output<typeof findingSchema> {
  const { kind, digest = null, locator = null, size = null, repositories = [] } = finding;
  const { quarantined = null, refetched = false, of, name = "" } = finding;
  const usage = of === undefined ? null : `${of} ${name}`;
  return { kind, digest, locator, size, repositories: [...repositories], quarantined, refetched, usage };
}
