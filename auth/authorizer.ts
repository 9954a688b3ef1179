// The seam between a request and the rules of who may do what.
import type { Access } from "./access.ts";
import type { Principal } from "./principal.ts";

/** A refusal says which right is missing, in a sentence for the one who asked. */
export type Decision = { readonly allowed: true } | { readonly allowed: false; readonly reason: string };

export interface Authorizer {
  decide(principal: Principal, access: Access): Promise<Decision>;
}
