// Decides before anything of the request's body is read. `Expect: 100-continue` is answered only after this.
import type { Access } from "../../../auth/access.ts";
import type { Authorizer } from "../../../auth/authorizer.ts";
import { OciError } from "../../oci/oci-error.ts";

/** @throws OciError denied, with the reason, when the caller may not have this access */
export type Authorize = (access: Access) => Promise<void>;

export function authorizeWith(authorizer: Authorizer): {
  require: Authorize;
  may: (access: Access) => Promise<boolean>;
} {
  const decide = (access: Access) => authorizer.decide({ kind: "anonymous" }, access);
  return {
    require: async (access) => {
      const decision = await decide(access);
      if (!decision.allowed) throw new OciError("denied", { detail: { reason: decision.reason, access } });
    },
    may: async (access) => (await decide(access)).allowed,
  };
}
