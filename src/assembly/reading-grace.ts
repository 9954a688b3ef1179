// How long the bytes of what was given up stay: somebody may be reading them. For eviction and collection, by themselves
// and by hand.
import type { Config } from "../config/load-config.ts";
import { redirectSeconds } from "../registry/local-blobs.ts";

/** Reads through Berth that last take a lease within it. */
const leasedMilliseconds = 60_000;

/**
 * Of clients that were sent to the bucket itself nobody knows whether they still read. A server that is sent to a file
 * opens it at once, and reads on from what was deleted; one that came too late asks here again (deploy/nginx-offload.conf).
 */
export function readingGraceMilliseconds({ storage: { blobs } }: Pick<Config, "storage">): number {
  return "s3" in blobs && blobs.s3.redirect ? redirectSeconds * 1000 : leasedMilliseconds;
}
