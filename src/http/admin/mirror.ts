// /mirror: what is kept of upstreams, what of it stays, and giving it up. Repositories' names have slashes, so they stand in
// the query.
import { z } from "zod";
import { OciError } from "../../oci/oci-error.ts";
import { optionalTimeOf, time, timeOf } from "./fields.ts";
import { operation } from "./operation.ts";
import { answerPage, pageQuery, pageRequestOf, pageSchema, wholeList } from "./pages.ts";

const repository = z.string().min(1).max(255).describe("Such as docker.io/library/alpine.");
const count = z.int().min(0);

const usageSchema = z
  .strictObject({
    upstream: z.string(),
    repositories: count,
    manifests: count,
    blobs: count.describe("Each once, without those that a pushed repository holds too."),
    bytes: count.describe("Of these blobs."),
    lastPulledAt: time.nullable(),
  })
  .meta({ id: "MirrorUsage" });

const repositorySchema = z.strictObject({ name: z.string() }).meta({ id: "MirroredRepository" });

const imageSchema = z
  .strictObject({
    digest: z.string(),
    tags: z
      .array(z.string())
      .describe("Those that lead to it: its own, and those of an index that lists it."),
    checkedAt: time.nullable().describe("When the upstream last confirmed its tags."),
    pulledAt: time,
  })
  .meta({ id: "MirroredImage" });

const purgedSchema = z
  .strictObject({ manifests: count, bytes: count.describe("That became free.") })
  .meta({ id: "Purged" });

const pattern = z
  .string()
  .min(1)
  .max(512)
  .describe("A glob over <upstream>/<name>:<tag>: * within a component, ** over several.");

const newPin = z.strictObject({ pattern }).meta({ id: "NewMirrorPin" });

const pinSchema = z
  .strictObject({
    pattern: z.string(),
    configured: z.boolean().describe("The configuration has it, and alone can take it away."),
  })
  .meta({ id: "MirrorPin" });

export const listMirrorUsage = operation({
  id: "listMirrorUsage",
  summary: "Says how much is kept of each upstream.",
  answer: pageSchema("MirrorUsagePage", usageSchema),
  handle: async ({ mirror }) => {
    const usage = await mirror.usageByUpstream();
    return wholeList(
      usage.map(({ upstream, repositories, manifests, blobs, bytes, lastPulledAt }) => ({
        ...{ upstream, repositories, manifests, blobs, bytes },
        lastPulledAt: optionalTimeOf(lastPulledAt),
      })),
    );
  },
});

export const listMirroredRepositories = operation({
  id: "listMirroredRepositories",
  summary: "Lists repositories that something is kept of, by name.",
  query: pageQuery.extend({ upstream: z.string().max(255).optional().describe("Those of this one alone.") }),
  answer: pageSchema("MirroredRepositoryPage", repositorySchema),
  handle: async ({ mirror }, { query: { upstream, ...query } }) => {
    const page = await mirror.listRepositories({ ...pageRequestOf(query), upstream });
    return answerPage(
      page,
      (name) => ({ name }),
      (name) => name,
    );
  },
});

export const listMirroredImages = operation({
  id: "listMirroredImages",
  summary: "Lists what is kept of a repository, by digest.",
  query: pageQuery.extend({ repository }),
  answer: pageSchema("MirroredImagePage", imageSchema),
  handle: async ({ mirror }, { query: { repository: name, ...query } }) => {
    const page = await mirror.listImages(name, pageRequestOf(query));
    return answerPage(
      page,
      ({ tags, digest, checkedAt, pulledAt }) => ({
        ...{ tags: [...tags], digest, checkedAt: optionalTimeOf(checkedAt) },
        pulledAt: timeOf(pulledAt),
      }),
      ({ digest }) => digest,
    );
  },
});

export const purgeMirroredImages = operation({
  id: "purgeMirroredImages",
  summary: "Gives up what is kept of a repository or of one of its tags; the next pull fetches it again.",
  query: z.object({ repository, tag: z.string().max(128).optional() }),
  answer: purgedSchema,
  change: {
    action: "mirror.purge",
    target: ({ query }) => (query.tag === undefined ? query.repository : `${query.repository}:${query.tag}`),
  },
  handle: async ({ mirror }, { query }) => {
    const purged = await mirror.purge(query.repository, query.tag);
    if (purged === undefined) throw new OciError("cachedUnknown");
    return purged;
  },
});

export const listMirrorPins = operation({
  id: "listMirrorPins",
  summary: "Lists the patterns of images that stay, whatever room is needed.",
  answer: pageSchema("MirrorPinPage", pinSchema),
  handle: async ({ mirror: { pins } }) =>
    wholeList([
      ...pins.configured.map((pattern) => ({ pattern, configured: true })),
      ...(await pins.list()).map((pattern) => ({ pattern, configured: false })),
    ]),
});

export const addMirrorPin = operation({
  id: "addMirrorPin",
  summary: "Keeps the images that a pattern fits.",
  body: newPin,
  change: { action: "mirror.pin", target: ({ body }) => body.pattern, detail: () => "" },
  handle: async ({ mirror }, { body }) => {
    await mirror.pins.add(body.pattern);
  },
});

export const removeMirrorPin = operation({
  id: "removeMirrorPin",
  summary: "Takes a pattern away: what it kept may go when room is needed.",
  query: z.object({ pattern }),
  change: { action: "mirror.unpin", target: ({ query }) => query.pattern },
  handle: async ({ mirror }, { query }) => {
    if (!(await mirror.pins.remove(query.pattern))) throw new OciError("cachedUnknown");
  },
});
