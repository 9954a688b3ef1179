// How long the bytes of what was given up stay: somebody may be reading them. For eviction by itself and by hand.

/** @param isRemote blobs are read piece by piece over a network: an open file stays readable, a bucket's object does not */
export function readingGraceMilliseconds(isRemote: boolean): number {
  return isRemote ? 15 * 60_000 : 60_000;
}
