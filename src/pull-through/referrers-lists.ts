// Under which name the upstream's list of referrers is kept: beside the tags of the repository, and none of them. An
// upstream may tag something else `sha256-…` than what its referrers API lists, and neither may answer for the other.
import type { Digest } from "../../storage/digest.ts";
import { referrersTagOf } from "../oci/referrers-tag.ts";

/** No tag begins so (distribution-spec, "Pull"), and every tag sorts before it. */
const mark = "~";

export function referrersListName(subject: Digest): string {
  return mark + referrersTagOf(subject);
}

/** Whether what is kept under `name` is what the upstream tags so. */
export function isTagName(name: string): boolean {
  return !name.startsWith(mark);
}
