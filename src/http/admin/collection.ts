// /gc: what will be removed, what was, and doing it now.
import { z } from "zod";
import type { CollectionStatus } from "./collection-admin.ts";
import { optionalTimeOf, time, timeOf } from "./fields.ts";
import { operation } from "./operation.ts";

const count = z.int().min(0);

const amountSchema = z
  .strictObject({
    manifests: count,
    links: count.describe("Of repositories to blobs."),
    blobs: count.describe("That no repository held any more."),
    bytes: count.describe("Of these blobs."),
  })
  .meta({ id: "CollectedAmount" });

const statusSchema = z
  .strictObject({
    running: z.boolean(),
    pendingBytes: count.describe("Of blobs that go when nobody needs or asks for them any more."),
    pendingComplete: z.boolean().describe("False: there may be more than these bytes."),
    earliestAt: time.nullable().describe("When the first of them may go."),
    startedAt: time.nullable().describe("When the last run began."),
    endedAt: time.nullable().describe("When it ended; null while it goes on."),
    collected: amountSchema.describe("By that run."),
    total: amountSchema.describe("By all runs."),
    lastError: z.strictObject({ at: time, message: z.string() }).nullable(),
  })
  .meta({ id: "CollectionStatus" });

const held = z.strictObject({ repository: z.string(), digest: z.string() });

const planSchema = z
  .strictObject({
    ...amountSchema.shape,
    named: z.strictObject({
      manifests: z.array(held),
      links: z.array(held),
      blobs: z.array(z.strictObject({ digest: z.string(), size: count })),
    }),
  })
  .meta({ id: "CollectionPlan" });

/** Of each kind; `berth gc --dry-run` names all. */
const maxNamed = 1000;

const newRun = z
  .strictObject({
    full: z
      .boolean()
      .default(false)
      .describe("Looks through everything first, for what an older version of Berth left behind."),
  })
  .meta({ id: "NewCollection" });

export const getCollection = operation({
  id: "getCollection",
  summary: "Says what the collector will remove, and what it did.",
  answer: statusSchema,
  handle: async ({ collection }) => statusAnswer(await collection.status()),
});

export const startCollection = operation({
  id: "startCollection",
  summary: "Collects now, in the background, what nothing needed for the grace.",
  body: newRun,
  answer: statusSchema,
  change: { action: "gc.run", target: () => "what nothing needs" },
  handle: async ({ collection }, { body }) => {
    await collection.start(body);
    return statusAnswer(await collection.status());
  },
});

export const planCollection = operation({
  id: "planCollection",
  summary: `Says exactly what a run would remove now, and names the first ${maxNamed} of each kind.`,
  answer: planSchema,
  handle: async ({ collection }) => {
    const amount = { manifests: 0, links: 0, blobs: 0, bytes: 0 };
    const named: z.output<typeof planSchema>["named"] = { manifests: [], links: [], blobs: [] };
    for await (const { manifests, links, blobs } of collection.plan()) {
      amount.manifests += manifests.length;
      amount.links += links.length;
      amount.blobs += blobs.length;
      for (const { size } of blobs) amount.bytes += size;
      named.manifests.push(...manifests.slice(0, maxNamed - named.manifests.length));
      named.links.push(...links.slice(0, maxNamed - named.links.length));
      named.blobs.push(...blobs.slice(0, maxNamed - named.blobs.length));
    }
    return { ...amount, named };
  },
});

const nothing = { manifests: 0, links: 0, blobs: 0, bytes: 0 };

function statusAnswer({ running, report, pending }: CollectionStatus): z.output<typeof statusSchema> {
  const { startedAt, endedAt, collected = nothing, total = nothing, lastError } = report ?? {};
  return {
    ...{ running, pendingBytes: pending.bytes, pendingComplete: pending.complete },
    earliestAt: optionalTimeOf(pending.earliestAt),
    ...{ startedAt: optionalTimeOf(startedAt), endedAt: optionalTimeOf(endedAt), collected, total },
    lastError: lastError === undefined ? null : { at: timeOf(lastError.at), message: lastError.message },
  };
}
