// The seam between a request and the rules of who may do what.
import type { Visibility } from "../storage/metadata/access-store.ts";
import type { Access } from "./access.ts";
import type { Principal } from "./principal.ts";

export type Decision =
  | {
      readonly allowed: true;
      /** The project does not exist yet: pushing makes it. */
      readonly creates?: string;
    }
  /** Says which right is missing, in a sentence for the one who asked: the same whether what was asked for exists or not. */
  | { readonly allowed: false; readonly reason: string };

export interface Authorizer {
  decide(principal: Principal, access: Access): Promise<Decision>;
  /** What the principal may pull, for lists. */
  visibility(principal: Principal): Promise<Visibility>;
  /**
   * Makes the project that a decision spoke of. False when it exists by now, as somebody else's maybe: decide again either
   * way.
   */
  createProject(principal: Principal, project: string): Promise<boolean>;
}
