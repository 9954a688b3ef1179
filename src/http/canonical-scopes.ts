// What a client asks a token for, in the names that decisions are made on: it asks before it asks for the repository itself,
// in whatever spelling it has, and the token must open what the same spelling leads to on `/v2`, and nothing else.
import type { Scope } from "../../auth/scope.ts";
import { parseRepositoryName } from "../oci/repository-name.ts";
import type { NamespaceResolver } from "../registry/namespace-resolver.ts";

/** Each repository once, with all that is asked of it. What leads nowhere goes. */
export async function canonicalScopes(
  namespaces: Pick<NamespaceResolver, "resolve">,
  scopes: readonly Scope[],
): Promise<Scope[]> {
  const canonical = new Map<string, Scope>();
  for (const scope of scopes) {
    const name = await canonicalName(namespaces, scope);
    if (name === undefined) continue;
    const key = `${scope.type}:${name}`;
    const actions = new Set([...(canonical.get(key)?.actions ?? []), ...scope.actions]);
    canonical.set(key, { ...scope, name, actions: [...actions] });
  }
  return [...canonical.values()];
}

async function canonicalName(
  namespaces: Pick<NamespaceResolver, "resolve">,
  { type, name, actions }: Scope,
): Promise<string | undefined> {
  if (type !== "repository") return name;
  const purpose = actions.every((action) => action === "pull") ? "pull" : "change";
  const resolved = await namespaces.resolve({ name, purpose });
  return resolved.kind === "unknown" ? undefined : parseRepositoryName(resolved.name);
}
