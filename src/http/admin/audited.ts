// The one place where changes reach the audit trail: before they are acknowledged, and also those that failed.
import type { Context } from "koa";
import { AccessError } from "../../../auth/access-error.ts";
import { principalName } from "../../../auth/principal.ts";
import { OciError } from "../../oci/oci-error.ts";
import type { RequestState } from "../middleware/request-id.ts";
import type { AdminParts } from "./admin-parts.ts";
import type { Prepared } from "./operation.ts";

/** More is not worth a place in a table that everybody's changes go into. */
const maxCharacters = 1000;

/** @param action undefined for what changes nothing */
export async function audited(
  { gate, origin, trail }: AdminParts,
  ctx: Context,
  action: string | undefined,
  { target, detail, run }: Prepared,
): ReturnType<Prepared["run"]> {
  if (action === undefined) return run();
  const write = (outcome: "allowed" | "failed", words: string) =>
    trail.write({
      actor: principalName(gate.callerOf(ctx).principal),
      action,
      target: target.slice(0, maxCharacters),
      outcome,
      detail: words.slice(0, maxCharacters),
      address: origin.clientAddress(ctx.req),
      requestId: (ctx.state as RequestState).requestId,
    });
  const result = await run().catch(async (error: unknown) => {
    await write("failed", reasonOf(error));
    throw error;
  });
  await write("allowed", detail);
  return result;
}

/** What is no refusal stays in the log: its words are for the operator. */
function reasonOf(error: unknown): string {
  if (error instanceof AccessError) return error.message;
  if (!(error instanceof OciError)) return "the registry failed";
  const reason = new Map<string, unknown>(Object.entries(error.detail ?? {})).get("reason");
  return typeof reason === "string" ? reason : error.message;
}
