// Scopes: the access that clients ask of a token server, and that a token then carries. Docker's token specification,
// https://distribution.github.io/distribution/spec/auth/scope/: `type[(class)]:name:action[,action…]`.
import { repositoryActions, type Access, type RepositoryAction } from "./access.ts";

/** One entry of a token's `access` claim. */
export interface Scope {
  /** `repository`, or `registry` for the catalog. */
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

// Each character can be read in one way only, so that the time which a scope takes grows as its length does.
const grammar = /^([a-z0-9]+)(?:\([a-z0-9]+\))?:([^:\s"\\]+(?::[0-9][^:\s"\\]*)?):([a-z*,]+)$/;

/**
 * One scope of a request; undefined for what is none.
 * The name may begin with a host and its port. `*` stands for every action on a repository.
 */
export function parseScope(text: string): Scope | undefined {
  const [, type, name, list] = grammar.exec(text) ?? [];
  if (type === undefined || name === undefined || list === undefined) return undefined;
  const asked = new Set(list.split(",").filter((action) => action !== ""));
  if (asked.size === 0) return undefined;
  if (type !== "repository") return { type, name, actions: [...asked] };
  const actions = repositoryActions.filter((action) => asked.has(action) || asked.has("*"));
  return { type, name, actions };
}

/** Scopes come repeated and, from some clients, several to a parameter with spaces between (REQ-18). */
export function parseScopes(parameters: readonly string[]): Scope[] {
  return parameters
    .flatMap((parameter) => parameter.split(" "))
    .filter((text) => text !== "")
    .flatMap((text) => parseScope(text) ?? []);
}

/** The access that one scope asks for; what is no access of ours is left out. */
export function accessesOf(scope: Scope): Access[] {
  if (scope.type === "registry" && scope.name === "catalog" && scope.actions.includes("*")) {
    return [{ kind: "catalog" }];
  }
  if (scope.type !== "repository") return [];
  return scope.actions
    .filter((action): action is RepositoryAction => (repositoryActions as readonly string[]).includes(action))
    .map((action) => ({ kind: "repository", name: scope.name, action }));
}

/** What a challenge tells the client to ask for: to push is to look first, so it asks for pull as well. */
export function scopeToAskFor(access: Access): string | undefined {
  if (access.kind === "catalog") return "registry:catalog:*";
  if (access.kind !== "repository") return undefined;
  return `repository:${access.name}:${access.action === "push" ? "pull,push" : access.action}`;
}
