// The refusal to move or delete an immutable tag. 409 and not 403: nobody lacks a right, and a client that is told 403 asks
// its user to log in. The code is DENIED, with which docker, containerd and skopeo show the message and do not try again.
import type { Digest } from "../../storage/digest.ts";
import { OciError } from "../oci/oci-error.ts";

/** @param current what it points at, and goes on to point at */
export function tagImmutable(tag: string, rule: string, current?: Digest): OciError {
  const points = current === undefined ? "" : ` and stays at ${current}`;
  const reason = `${tag} falls under the rule "${rule}"${points}`;
  return new OciError("tagImmutable", { detail: { reason, tag, rule, ...(current && { current }) } });
}
