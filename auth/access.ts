// What somebody wants to do, in the words of the token scopes that clients send (`repository:team/app:pull`).

export type Action = "pull" | "push" | "delete";

export type Resource =
  | { readonly kind: "repository"; readonly name: string }
  /** The registry itself: the ping, the catalog. */
  | { readonly kind: "registry" };

export interface Access {
  readonly resource: Resource;
  readonly action: Action;
}
