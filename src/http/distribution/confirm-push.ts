// A body may take hours to come, and the right that it was let in by may be gone by then: a push is asked about once
// more when all of it is there. Apart from the gate, which decides before a body is touched.
import type { Context } from "koa";
import { OciError } from "../../oci/oci-error.ts";
import type { RepositoryName } from "../../oci/repository-name.ts";
import type { Gate } from "../middleware/gate.ts";

/** @throws OciError denied when the caller may not push any more, or the project is gone */
export async function confirmPush(
  gate: Pick<Gate, "decisionOn">,
  ctx: Context,
  repository: RepositoryName,
): Promise<void> {
  const decision = await gate.decisionOn(ctx, { kind: "repository", name: repository, action: "push" });
  if (decision.allowed && decision.creates === undefined) return;
  const reason = decision.allowed ? `the project ${decision.creates} was deleted meanwhile` : decision.reason;
  throw new OciError("denied", { detail: { reason } });
}
