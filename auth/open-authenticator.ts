// `auth.mode: open`: nobody is asked, and whatever is shown is as good as nothing.
import type { Authentication, Authenticator } from "./authenticator.ts";
import { anonymous } from "./principal.ts";

const everybody: Authentication = {
  outcome: "accepted",
  caller: { principal: anonymous, grant: { kind: "all" } },
};

export class OpenAuthenticator implements Authenticator {
  async authenticate(): Promise<Authentication> {
    return everybody;
  }
}
