// /tags: what became of tags, and bringing one back. Repositories' names have slashes, so they stand in the query, also
// for the right that is asked about before the body is read.
import { z } from "zod";
import { principalName } from "../../../auth/principal.ts";
import { parseDigest, type Digest } from "../../../storage/digest.ts";
import { OciError } from "../../oci/oci-error.ts";
import { optionalTimeOf, time, timeOf } from "./fields.ts";
import { operation } from "./operation.ts";
import { limit, pageSchema } from "./pages.ts";
import type { HistoryPage } from "./tag-history-admin.ts";

const repository = z.string().min(1).max(255).describe("Such as team/app.");
const tag = z.string().min(1).max(128);

const after = z
  .string()
  .regex(/^\d{1,15}$/)
  .optional()
  .describe("`next` of the page before.");

const changeSchema = z
  .strictObject({
    tag: z.string(),
    at: time,
    kind: z
      .enum(["pushed", "moved", "restored", "deleted", "expired", "manifest-deleted"])
      .describe("expired: by a rule of retention; manifest-deleted: with its manifest, by digest."),
    digest: z.string().describe("What it points at since then; of a removal, what it pointed at until then."),
    previous: z.string().nullable().describe("What it pointed at before, where it was moved."),
    by: z.string().nullable(),
    held: z.boolean().describe("Whether the manifest is there, so that the tag can be brought back to it."),
    heldUntil: time
      .nullable()
      .describe("Until when it stays at least; null: it stays as things are, or is gone."),
  })
  .meta({ id: "TagChange" });

const changesSchema = pageSchema("TagChangePage", changeSchema);

const restoredSchema = z
  .strictObject({
    repository: z.string(),
    tag: z.string(),
    digest: z.string(),
    previous: z.string().nullable().describe("What it pointed at until now, where it was moved."),
    changed: z.boolean().describe("False: it pointed there already."),
  })
  .meta({ id: "RestoredTag" });

const restoring = z
  .strictObject({
    digest: z
      .string()
      .optional()
      .describe(
        "One that the tag pointed at once, to move it there; without it, the last, if the tag is gone.",
      ),
  })
  .meta({ id: "TagRestore" });

export const listTagHistory = operation({
  id: "listTagHistory",
  summary: "Says what became of one tag, or which tags of a repository are gone, the newest first.",
  query: z.object({ limit, after, repository, tag: tag.optional() }),
  answer: changesSchema,
  handle: async ({ tagHistory }, { query }) => {
    const page = { limit: query.limit, ...(query.after !== undefined && { before: Number(query.after) }) };
    return answerChanges(
      query.tag === undefined
        ? await tagHistory.listRemoved(query.repository, page)
        : await tagHistory.list(query.repository, query.tag, page),
    );
  },
});

export const restoreTag = operation({
  id: "restoreTag",
  summary: "Brings a tag back that was deleted, or moves it back to what it was.",
  query: z.object({ repository, tag }),
  body: restoring,
  answer: restoredSchema,
  change: {
    action: "tag.restore",
    target: ({ query }) => `${query.repository}:${query.tag}`,
    detail: ({ body }) => body.digest ?? "",
  },
  handle: async ({ tagHistory, gate }, { ctx, query, body }) => {
    const by = principalName(gate.callerOf(ctx).principal);
    const digest = body.digest === undefined ? undefined : digestIn(body.digest);
    const restored = await tagHistory.restore(query.repository, query.tag, { digest, by });
    return { ...query, ...restored, previous: restored.previous ?? null };
  },
});

function digestIn(text: string): Digest {
  const digest = parseDigest(text);
  if (digest === undefined) throw new OciError("digestInvalid", { detail: { digest: text } });
  return digest;
}

function answerChanges({ changes, more }: HistoryPage): z.output<typeof changesSchema> {
  const last = changes.at(-1);
  return {
    items: changes.map(({ tag, at, kind, digest, previous, by, held, heldUntil }) => ({
      ...{ tag, at: timeOf(at), kind, digest, previous: previous ?? null, by: by ?? null, held },
      heldUntil: optionalTimeOf(heldUntil),
    })),
    next: more && last !== undefined ? String(last.id) : null,
  };
}
