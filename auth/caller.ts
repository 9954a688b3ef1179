// Who is asking, and how much of what they may do the credentials at hand carry.
import type { Access, RepositoryAction } from "./access.ts";
import { anonymous, type Principal } from "./principal.ts";
import { accessesOf, type Scope } from "./scope.ts";

export type Grant =
  /** Everything that the principal may do: a password, an unlimited access token. */
  | { readonly kind: "all" }
  /** Nothing was shown. Enough for what is public, not for the addresses where clients look for a challenge. */
  | { readonly kind: "bare" }
  /** An access token that is limited to these actions on repositories. */
  | { readonly kind: "actions"; readonly actions: readonly RepositoryAction[] }
  /** A signed token with these scopes. */
  | { readonly kind: "scopes"; readonly scopes: readonly Scope[] };

export interface Caller {
  readonly principal: Principal;
  readonly grant: Grant;
}

/** Who shows nothing. */
export const bareCaller: Caller = { principal: anonymous, grant: { kind: "bare" } };

/** Whether the credentials carry this access, if their owner has it. */
export function covers(grant: Grant, access: Access): boolean {
  switch (grant.kind) {
    case "all":
      return true;
    case "bare":
      return access.kind === "repository";
    case "actions":
      if (access.kind === "repository") return grant.actions.includes(access.action);
      // What is listed is what may be pulled, and a token for the catalog would not know of the limit any more.
      if (access.kind === "catalog") return grant.actions.includes("pull");
      return access.kind === "registry" || access.kind === "self";
    case "scopes":
      return access.kind === "registry" || grant.scopes.some((scope) => grants(scope, access));
  }
}

function grants(scope: Scope, wanted: Access): boolean {
  return accessesOf(scope).some(
    (access) =>
      access.kind === wanted.kind &&
      (access.kind !== "repository" ||
        (wanted.kind === "repository" && access.name === wanted.name && access.action === wanted.action)),
  );
}
