// The user who asks, for what only people have: a password, access tokens, projects of their own.
import type { Context } from "koa";
import type { AccountHolder } from "../../../auth/principal.ts";
import { OciError } from "../../oci/oci-error.ts";
import type { AdminParts } from "./admin-parts.ts";

/** @throws OciError denied for robots and strangers */
export function signedInUser({ gate }: Pick<AdminParts, "gate">, ctx: Context): AccountHolder {
  const { principal } = gate.callerOf(ctx);
  if (principal.kind === "user") return principal;
  throw new OciError("denied", { detail: { reason: "only users with an account here may do this" } });
}
