// Which cached images stay whatever happens: patterns over `<upstream>/<name>:<tag>`, as people write them.
import type { CachedManifest } from "../../../storage/metadata/mirror-store.ts";
import { anyGlobMatcher } from "../../oci/glob.ts";

export type PinnedImage = Pick<CachedManifest, "repository" | "digest" | "tags">;

/**
 * A manifest is pinned by each tag that reaches it (its own, and those of indexes that list it), by its digest
 * (`name@sha256:…`), and by a pattern without tag or digest, which means all of the repository.
 */
export function pinnedBy(patterns: readonly string[]): (image: PinnedImage) => boolean {
  const wholeRepositories = anyGlobMatcher(patterns.filter((pattern) => !namesImage(pattern)));
  const images = anyGlobMatcher(patterns.filter(namesImage));
  return ({ repository, digest, tags }) =>
    wholeRepositories(repository) ||
    images(`${repository}@${digest}`) ||
    tags.some((tag) => images(`${repository}:${tag}`));
}

/** A colon before the last slash is that of a port. */
function namesImage(pattern: string): boolean {
  return /[:@]/.test(pattern.slice(pattern.lastIndexOf("/") + 1));
}
