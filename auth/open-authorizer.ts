// `auth.mode: open`: whoever reaches the port may do everything. Meant for loopback and for closed networks.
import type { Visibility } from "../storage/metadata/access-store.ts";
import type { Authorizer, Decision } from "./authorizer.ts";

export class OpenAuthorizer implements Authorizer {
  async decide(): Promise<Decision> {
    return { allowed: true };
  }

  async visibility(): Promise<Visibility> {
    return { kind: "all" };
  }

  /** There are no projects to create. */
  async createProject(): Promise<boolean> {
    return false;
  }
}
