// What somebody wants to do. Pull, push and delete are the words of the token scopes that clients send
// (`repository:team/app:pull`); see and administer are what people do to projects and to the registry as a whole.

export const repositoryActions = ["pull", "push", "delete"] as const;
export type RepositoryAction = (typeof repositoryActions)[number];

export type Access =
  | { readonly kind: "repository"; readonly name: string; readonly action: RepositoryAction }
  /** The ping: shows that the credentials are good. */
  | { readonly kind: "registry" }
  /** The list of repositories; what stands in it is another question (`Authorizer.visibility`). */
  | { readonly kind: "catalog" }
  /** A project's settings, members and robots. */
  | { readonly kind: "project"; readonly name: string; readonly action: "see" | "administer" }
  /** Everything that belongs to no project: users, groups, system-wide robots, the audit trail. */
  | { readonly kind: "system" }
  /** One's own account, by whoever is signed in. */
  | { readonly kind: "self" };
