// What no row of a table has: 405 where the address exists, else 404. Shared by the tables of `/v2` and of the admin API.
import type { Context } from "koa";
import { OciError } from "../oci/oci-error.ts";

/** Comes after a router's own middleware. */
export async function refuseUnrouted(ctx: Context): Promise<never> {
  const matched = (ctx as { matched?: readonly { methods: readonly string[] }[] }).matched ?? [];
  if (matched.length === 0) throw new OciError("routeUnknown", { detail: { path: ctx.path } });
  const allow = [...new Set(matched.flatMap(({ methods }) => methods))].join(", ");
  throw new OciError("methodUnsupported", { detail: { method: ctx.method }, headers: { allow } });
}
