// Which tags stay what they are once they are pushed, and by which rule. What it leads to is said elsewhere: pushes and
// deletes in registry/, retention beside this file. Pure, so that it can be asked within the transaction that changes a tag.
import { anyGlobMatcher } from "../oci/glob.ts";

/** Patterns as in oci/glob.ts: over names of repositories, and over tags. */
export interface ImmutableTagsRule {
  /** What a refusal tells the client. */
  readonly name: string;
  readonly repositories: readonly string[];
  readonly tags: readonly string[];
  /** Tags that the rule leaves alone, though `tags` fits them. */
  readonly except: readonly string[];
}

/** The name of the rule that makes the tag immutable; undefined for one that may move. */
export type ImmutableTags = (repository: string, tag: string) => string | undefined;

/** The first rule that fits counts. */
export function immutableTagsBy(rules: readonly ImmutableTagsRule[]): ImmutableTags {
  const compiled = rules.map(({ name, repositories, tags, except }) => ({
    name,
    concerns: anyGlobMatcher(repositories),
    fits: anyGlobMatcher(tags),
    leaves: anyGlobMatcher(except),
  }));
  return (repository, tag) =>
    compiled.find((rule) => rule.concerns(repository) && rule.fits(tag) && !rule.leaves(tag))?.name;
}
