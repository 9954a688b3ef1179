// `auth.mode: token`: the token server of others has decided already, and its tokens carry what it decided. Here only
// those who hold one are told from those who don't.
import type { Visibility } from "../storage/metadata/access-store.ts";
import type { Access } from "./access.ts";
import type { Authorizer, Decision } from "./authorizer.ts";
import type { Principal } from "./principal.ts";

export class ExternalAuthorizer implements Authorizer {
  async decide(principal: Principal, access: Access): Promise<Decision> {
    if (principal.kind !== "external") {
      return { allowed: false, reason: "sign in: a token of the registry's token server is needed" };
    }
    switch (access.kind) {
      case "repository":
      case "registry":
      case "catalog":
        return { allowed: true };
      case "project":
      case "system":
      case "self":
        return { allowed: false, reason: "accounts and projects are not kept here, but by the token server" };
    }
  }

  async visibility(principal: Principal): Promise<Visibility> {
    return principal.kind === "external" ? { kind: "all" } : { kind: "repositories", names: [] };
  }

  /** There are no projects to create. */
  async createProject(): Promise<boolean> {
    return false;
  }
}
