// The token server: credentials and scopes in, a signed token for the part of them that the caller may have out.
// Docker's token specification (GET with Basic) and its OAuth2 form (POST), as docker, containerd and the rest speak
// them; /.well-known/jwks.json publishes the keys.
import Router from "@koa/router";
import type { Context, Middleware } from "koa";
import { beginsLikeSecret } from "../../auth/accounts/secrets.ts";
import type { AuditTrail } from "../../auth/audit-trail.ts";
import type { Authentication, Authenticator } from "../../auth/authenticator.ts";
import type { Authorizer } from "../../auth/authorizer.ts";
import { covers, type Caller } from "../../auth/caller.ts";
import { anonymous, principalName, type AccountHolder, type Anonymous } from "../../auth/principal.ts";
import { accessesOf, type Scope } from "../../auth/scope.ts";
import type { IssuedToken } from "../../auth/tokens/token-issuer.ts";
import { OciError } from "../oci/oci-error.ts";
import { onlyLocalNames, type NamespaceResolver } from "../registry/namespace-resolver.ts";
import { canonicalScopes } from "./canonical-scopes.ts";
import type { Origin } from "./origin.ts";
import type { RequestState } from "./middleware/request-id.ts";
import { tokenRequestOf, type TokenRequest } from "./token-request.ts";

export interface TokenServerParts {
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly issuer: {
    issue(claims: { principal: AccountHolder | Anonymous; scopes: readonly Scope[] }): Promise<IssuedToken>;
  };
  readonly refreshTokens: {
    issue(account: AccountHolder, password: string): Promise<string>;
    redeem(token: string): Promise<AccountHolder | undefined>;
  };
  /** The public keys, as RFC 7517 writes them. */
  readonly publicKeys: () => Promise<object>;
  readonly origin: Origin;
  readonly trail: Pick<AuditTrail, "note">;
  /** What scopes call repositories; every name means itself unless given. */
  readonly namespaces?: NamespaceResolver | undefined;
}

export function tokenRoutes(parts: TokenServerParts): Middleware {
  const router = new Router({ strict: true, sensitive: true });
  router.register("/token", ["GET", "POST"], (ctx) => answerToken(parts, ctx));
  router.get("/.well-known/jwks.json", async (ctx) => {
    ctx.body = await parts.publicKeys();
  });
  return router.routes() as unknown as Middleware;
}

async function answerToken(parts: TokenServerParts, ctx: Context): Promise<void> {
  const asked = await tokenRequestOf(ctx);
  const scopes = await canonicalScopes(parts.namespaces ?? onlyLocalNames, asked.scopes);
  const request = { ...asked, scopes };
  const { caller, password } = await identify(parts, ctx, request);
  const { principal } = caller;
  if (principal.kind === "external") throw new OciError("internal");
  const granted = await grantedScopes(parts.authorizer, caller, scopes);
  const { token, expiresInSeconds, issuedAt } = await parts.issuer.issue({ principal, scopes: granted });
  const refresh = await refreshToken(parts, { caller, password }, request);
  ctx.set("cache-control", "no-store");
  ctx.body = {
    token,
    access_token: token,
    token_type: "Bearer",
    expires_in: expiresInSeconds,
    issued_at: issuedAt.toISOString(),
    scope: granted.map(({ type, name, actions }) => `${type}:${name}:${actions.join(",")}`).join(" "),
    ...(refresh !== undefined && { refresh_token: refresh }),
  };
}

/** `password` stands for the one that was shown, if it was one. */
interface Identified {
  readonly caller: Caller;
  readonly password?: string | undefined;
}

async function identify(parts: TokenServerParts, ctx: Context, request: TokenRequest): Promise<Identified> {
  const isPublic = await isPublicPull(parts.authorizer, request.scopes);
  const address = parts.origin.clientAddress(ctx.req);
  const result = await authenticate(parts, request, { address, ...(isPublic && { patience: "none" }) });
  const note = (outcome: "allowed" | "refused", actor: string, detail: string) => {
    const { requestId } = ctx.state as RequestState;
    parts.trail.note({ actor, action: "login", target: actor, outcome, detail, address, requestId });
  };
  if (result.outcome === "accepted") {
    const { principal } = result.caller;
    // A client that fetches a token for what it is about to do logs in no more than one that shows its token.
    if (principal.kind !== "anonymous" && request.scopes.length === 0) {
      note("allowed", principalName(principal), `by ${request.credentials.kind}`);
    }
    return result;
  }
  // Every kubelet with a foreign secret comes here: what is public it gets as anybody does (REQ-47).
  if (isPublic) return { caller: { principal: anonymous, grant: { kind: "all" } } };
  if (result.outcome === "later") {
    throw new OciError("tooManyAttempts", { headers: { "retry-after": String(result.retryAfterSeconds) } });
  }
  note("refused", nameShown(request), result.reason);
  throw new OciError("unauthorized", {
    detail: { reason: result.reason },
    headers: { "www-authenticate": 'Basic realm="berth"' },
  });
}

/** What accounts and users of an htpasswd file are called. */
const nameOfSomebody = /^[A-Za-z0-9._@+-]{1,128}$/;

/** For the trail: a name, and nothing else that somebody put in its place, such as a secret, markup or 40 KB. */
function nameShown({ credentials }: TokenRequest): string {
  if (credentials.kind !== "basic") return "anonymous";
  const { name } = credentials;
  return nameOfSomebody.test(name) && !beginsLikeSecret(name) ? name : "(not a name)";
}

async function authenticate(
  { authenticator, refreshTokens }: TokenServerParts,
  { credentials }: TokenRequest,
  circumstances: { address: string; patience?: "none" },
): Promise<Authentication> {
  switch (credentials.kind) {
    case "none":
      return { outcome: "accepted", caller: { principal: anonymous, grant: { kind: "all" } } };
    case "unreadable":
      return { outcome: "refused", reason: "Authorization must be Basic" };
    case "basic":
      return authenticator.authenticate(credentials, circumstances);
    case "refresh": {
      const principal = await refreshTokens.redeem(credentials.token);
      if (principal) return { outcome: "accepted", caller: { principal, grant: { kind: "all" } } };
      return { outcome: "refused", reason: "the refresh token is not valid any more: log in again" };
    }
  }
}

/**
 * Whether all that is asked for is to pull, and anonymous gets some of it. Not all: containerd asks a mirror for its own
 * spelling of a repository beside the one that the challenge names.
 */
async function isPublicPull(authorizer: Authorizer, scopes: readonly Scope[]): Promise<boolean> {
  const accesses = scopes.flatMap(accessesOf);
  if (accesses.some((access) => access.kind !== "repository" || access.action !== "pull")) return false;
  for (const access of accesses) if ((await authorizer.decide(anonymous, access)).allowed) return true;
  return false;
}

/** The subset that the caller has. A scope of which nothing is left goes. */
async function grantedScopes(
  authorizer: Authorizer,
  { principal, grant }: Caller,
  asked: readonly Scope[],
): Promise<Scope[]> {
  const granted: Scope[] = [];
  for (const scope of asked) {
    const actions: string[] = [];
    let creates = false;
    for (const access of accessesOf(scope)) {
      const decision = await authorizer.decide(principal, access);
      if (!decision.allowed || !covers(grant, access)) continue;
      creates ||= decision.creates !== undefined;
      actions.push(access.kind === "repository" ? access.action : "*");
    }
    // Whoever may push the first repository of a project may look for it before (middleware/gate.ts).
    if (creates && scope.actions.includes("pull") && !actions.includes("pull")) actions.unshift("pull");
    if (actions.length > 0) granted.push({ type: scope.type, name: scope.name, actions });
  }
  return granted;
}

/** Only for a password: robots and access tokens are random already, and can be revoked one by one. */
async function refreshToken(
  { refreshTokens }: TokenServerParts,
  { caller: { principal }, password }: Identified,
  { credentials, wantsRefresh }: TokenRequest,
): Promise<string | undefined> {
  if (!wantsRefresh) return undefined;
  if (credentials.kind === "refresh") return credentials.token;
  if (principal.kind !== "user" || password === undefined) return undefined;
  return refreshTokens.issue(principal, password);
}
