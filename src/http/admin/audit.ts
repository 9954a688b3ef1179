// /audit: the audit trail, from the newest entry backwards.
import { z } from "zod";
import type { AuditEntry } from "./admin-parts.ts";
import { time, timeOf } from "./fields.ts";
import { operation } from "./operation.ts";
import { answerPage, limit, pageSchema } from "./pages.ts";

const outcome = z.enum(["allowed", "refused", "failed"]);

const auditQuery = z.object({
  actor: z.string().max(300).optional().describe("Entries of this account alone."),
  action: z.string().max(300).optional().describe("Such as `login`, `access`, `user.create`."),
  outcome: outcome.optional(),
  limit,
  before: z.coerce.number().int().min(0).optional().describe("`next` of the page before."),
});

const auditEntrySchema = z
  .strictObject({
    id: z.int(),
    at: time,
    actor: z.string(),
    action: z.string(),
    target: z.string(),
    outcome,
    detail: z.string(),
    address: z.string().nullable(),
    requestId: z.string().nullable(),
  })
  .meta({ id: "AuditEntry" });

export const listAudit = operation({
  id: "listAudit",
  summary: "Lists logins, refusals and changes, the newest first.",
  query: auditQuery,
  answer: pageSchema("AuditPage", auditEntrySchema),
  handle: async ({ access }, { query }) =>
    answerPage(await access.audit.list(query), auditAnswer, ({ id }) => String(id)),
});

function auditAnswer(entry: AuditEntry): z.infer<typeof auditEntrySchema> {
  const { id, at, actor, action, target, detail, address = null, requestId = null } = entry;
  return { id, at: timeOf(at), actor, action, target, outcome: entry.outcome, detail, address, requestId };
}
