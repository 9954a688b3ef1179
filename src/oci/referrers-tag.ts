// The tag that lists what refers to a manifest where a registry has no referrers API: written by clients, read by the
// local registry and by the mirror.
import { algorithmOf, hexOf, type Digest } from "../../storage/digest.ts";

/**
 * `<algorithm>-<hex>` of the subject. Of the hex digits 64 count, which matters for sha512 (distribution-spec, "Referrers
 * Tag Schema").
 */
export function referrersTagOf(subject: Digest): string {
  return `${algorithmOf(subject)}-${hexOf(subject).slice(0, 64)}`;
}
