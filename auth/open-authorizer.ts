// `auth.mode: open`: whoever reaches the port may do everything. Meant for loopback and for closed networks.
import type { Authorizer, Decision } from "./authorizer.ts";

export class OpenAuthorizer implements Authorizer {
  async decide(): Promise<Decision> {
    return { allowed: true };
  }
}
