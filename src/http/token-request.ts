// What a client asks the token server for, in either of its forms: a query with Basic credentials, or an OAuth2 form
// (RFC 6749 §4.3 and §6) in the body.
import type { Context } from "koa";
import type { Credentials } from "../../auth/authenticator.ts";
import { parseScopes, type Scope } from "../../auth/scope.ts";
import { OciError } from "../oci/oci-error.ts";
import { parseRepositoryName } from "../oci/repository-name.ts";
import { credentialsOf } from "./credentials.ts";
import { queryValue, queryValues } from "./parameters.ts";
import { bodyBytes } from "./request-body.ts";

export interface TokenRequest {
  readonly credentials:
    | Extract<Credentials, { kind: "none" | "basic" }>
    | { readonly kind: "refresh"; readonly token: string }
    | { readonly kind: "unreadable" };
  /** What of the asked scopes makes sense; the rest can't be granted. */
  readonly scopes: readonly Scope[];
  /** docker login asks for a token that it may keep instead of the password. */
  readonly wantsRefresh: boolean;
}

const maxFormBytes = 64 * 1024;
/** A client that mounts names two repositories; nobody needs a hundred. */
const maxScopes = 100;

/** @throws OciError requestInvalid, bodyTooLarge */
export async function tokenRequestOf(ctx: Context): Promise<TokenRequest> {
  return ctx.method === "POST" ? fromForm(ctx) : fromQuery(ctx);
}

function fromQuery(ctx: Context): TokenRequest {
  const credentials = credentialsOf(ctx.req);
  return {
    credentials:
      credentials === undefined || credentials.kind === "bearer" ? { kind: "unreadable" } : credentials,
    scopes: scopesOf(queryValues(ctx, "scope")),
    wantsRefresh: queryValue(ctx, "offline_token") === "true",
  };
}

async function fromForm(ctx: Context): Promise<TokenRequest> {
  if (!ctx.is("application/x-www-form-urlencoded")) {
    throw invalid("the body must be application/x-www-form-urlencoded (RFC 6749)");
  }
  const form = new URLSearchParams((await bodyBytes(ctx, maxFormBytes, "bodyTooLarge")).toString("utf8"));
  return {
    credentials: grantIn(form),
    scopes: scopesOf(form.getAll("scope")),
    wantsRefresh: form.get("access_type") === "offline",
  };
}

function grantIn(form: URLSearchParams): TokenRequest["credentials"] {
  const grant = form.get("grant_type");
  switch (grant) {
    case "password":
      return { kind: "basic", name: required(form, "username"), secret: required(form, "password") };
    case "refresh_token":
      return { kind: "refresh", token: required(form, "refresh_token") };
    default:
      throw invalid("grant_type must be password or refresh_token");
  }
}

function required(form: URLSearchParams, name: string): string {
  const value = form.get(name);
  if (value === null) throw invalid(`${name} is missing`);
  return value;
}

function scopesOf(parameters: readonly string[]): Scope[] {
  const scopes = parseScopes(parameters).filter(isOfSomething);
  if (scopes.length > maxScopes) throw invalid(`at most ${maxScopes} scopes can be asked for at once`);
  return scopes;
}

/** What no repository can be called nobody needs to ask the rules about, nor they to remember. */
function isOfSomething({ type, name }: Scope): boolean {
  return type !== "repository" || parseRepositoryName(name) !== undefined;
}

function invalid(reason: string): OciError {
  return new OciError("requestInvalid", { detail: { reason } });
}
