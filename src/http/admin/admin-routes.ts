// Serves the table of the admin API: gate → input → operation, changes with their entry in the audit trail → answer.
import Router from "@koa/router";
import type { Context, Middleware } from "koa";
import { beginsLikeSecret } from "../../../auth/accounts/secrets.ts";
import { OciError } from "../../oci/oci-error.ts";
import type { PathParameters } from "../parameters.ts";
import { answersProblems } from "../problem.ts";
import { refuseUnrouted } from "../refuse-unrouted.ts";
import type { AdminParts } from "./admin-parts.ts";
import { audited } from "./audited.ts";
import { jsonBody } from "./json-body.ts";
import type { Needs } from "./needs.ts";
import { apiPath } from "./open-api.ts";
import type { Operation } from "./operation.ts";
import { adminTable } from "./routes.ts";

/** All of `/api`; other addresses pass. */
export function adminRoutes(parts: AdminParts): Middleware {
  const router = new Router({ strict: true, sensitive: true });
  for (const [method, path, needs, operation] of adminTable()) {
    router.register(apiPath + path, [method], (ctx) => serve(parts, ctx, needs, operation));
  }
  const routed = router.routes() as unknown as Middleware;
  return async (ctx, next) => {
    if (answersProblems(ctx.path)) await routed(ctx, () => refuseUnrouted(ctx));
    else await next();
  };
}

async function serve(parts: AdminParts, ctx: Context, needs: Needs, operation: Operation): Promise<void> {
  const path = pathOf(ctx);
  const { access, refusal } = await needs.accessTo(path, parts, ctx.query);
  if (access !== undefined) await parts.gate.admit(ctx, access, refusal);
  if (operation.action !== undefined) checkChange(parts, ctx);
  const body = operation.body && (await jsonBody(ctx));
  const prepared = operation.prepare(parts, { ctx, path, body, query: { ...ctx.query } });
  const { answer, location } = await audited(parts, ctx, operation.action, prepared);
  ctx.status = operation.status;
  if (location !== undefined) ctx.set("location", parts.locate(apiPath + location));
  // Of accounts and rights nothing is kept on the way, of secrets least of all.
  if (access !== undefined) ctx.set("cache-control", "no-store");
  if (operation.answer !== undefined) ctx.body = answer;
}

/** Names and ids, as they can be here at all. A secret in the place of its id must not reach the audit trail. */
const acceptable = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

function pathOf(ctx: Context): (name: string) => string {
  const parameters = (ctx as { params?: PathParameters }).params ?? {};
  for (const value of Object.values(parameters)) {
    if (!acceptable.test(value ?? "") || beginsLikeSecret(value ?? "")) throw new OciError("accountUnknown");
  }
  return (name) => {
    const value = parameters[name];
    if (value === undefined) throw new Error(`the route has no parameter ${name}`);
    return value;
  };
}

/**
 * A limited access token must not make itself an unlimited one, and a browser that knows the credentials must not be led
 * to use them by another site.
 * @throws OciError denied
 */
function checkChange({ gate, origin }: AdminParts, ctx: Context): void {
  const refuse = (reason: string) => new OciError("denied", { detail: { reason } });
  if (gate.callerOf(ctx).grant.kind !== "all") {
    throw refuse("this access token is limited to actions on repositories, and changes nothing else");
  }
  if (isAskedByAnotherSite(ctx, origin.baseUrl(ctx.req))) {
    throw refuse("changes that another site's page asks for are refused");
  }
}

/** Over plain HTTP, and from old browsers, comes no Sec-Fetch-Site; then the page's own origin tells. */
function isAskedByAnotherSite(ctx: Context, ourUrl: string): boolean {
  const relation = ctx.get("sec-fetch-site");
  if (relation !== "") return relation === "cross-site";
  const page = ctx.get("origin");
  // The scheme may differ: a proxy that is not trusted may have taken TLS off.
  return page !== "" && hostOf(page) !== hostOf(ourUrl);
}

function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).host : undefined;
}
