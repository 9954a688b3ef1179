// Which tags and untagged manifests of a repository stay, which go, and which rule says so. Pure: what a dry run shows
// and what a run does is the answer to one question.
//
//   immutable ─▶ pinned ─▶ belongs to a manifest ─▶ rules of all policies that fit, in order ─▶ none keeps it: deleted
//   the first that keeps a tag is named; a repository that no policy with rules fits keeps all of its tags
import type { Digest } from "../../storage/digest.ts";
import type { PushedTag, UntaggedRoot } from "../../storage/metadata/retention-store.ts";
import { anyGlobMatcher } from "../oci/glob.ts";
import { ruleKeeps, type KeepsAmong, type RetentionRule, type RuleMoment } from "./retention-rules.ts";
import { mapInTurns, type InTurns } from "./turns.ts";

export interface RetentionPolicy {
  readonly name: string;
  /** Patterns as in oci/glob.ts. */
  readonly repositories: readonly string[];
  /** What none of them keeps goes; without any, nothing is said of tags. */
  readonly rules: readonly RetentionRule[];
  /** undefined keeps what is untagged. */
  readonly deleteUntaggedAfterMilliseconds: number | undefined;
}

/** What no rule touches, each by the name of what says so. */
export interface Exemptions {
  /** The name of the rule that makes the tag immutable. */
  readonly immutable: (repository: string, tag: string) => string | undefined;
  readonly pinned: (image: {
    readonly repository: string;
    readonly digest: Digest;
    readonly tags: readonly string[];
  }) => boolean;
}

export interface Decision {
  readonly action: "keep" | "delete";
  /**
   * `policy/rule` keeps a tag, `policy` deletes one that none of its rules keeps. `immutable/rule`, `pinned` and `subject`
   * (the manifest that the tag's name speaks of is there) keep it whatever rules say.
   */
  readonly rule: string;
}

export type TagDecision = PushedTag & Decision;
export type UntaggedDecision = UntaggedRoot & Decision;

/** Everything that is said of one repository. */
export interface RepositoryJudge {
  /** False when no policy says anything of tags: then none is to be looked at. */
  readonly judgesTags: boolean;
  readonly judgesUntagged: boolean;
  /** All tags of the repository that were pushed, in any order; the answer has the same. */
  tags(tags: readonly PushedTag[], exemptions: Exemptions, moment: RuleMoment): InTurns<TagDecision[]>;
  untagged(
    roots: readonly UntaggedRoot[],
    exemptions: Exemptions,
    moment: RuleMoment,
  ): InTurns<UntaggedDecision[]>;
}

/** Gives what the policies say of a repository; undefined when none fits it. */
export type Retention = (repository: string) => RepositoryJudge | undefined;

interface CompiledPolicy extends RetentionPolicy {
  readonly fits: (repository: string) => boolean;
  readonly keepers: readonly { readonly name: string; readonly keepsAmong: KeepsAmong }[];
}

export function retentionBy(policies: readonly RetentionPolicy[]): Retention {
  const compiled = policies.map((policy) => ({
    ...policy,
    fits: anyGlobMatcher(policy.repositories),
    keepers: policy.rules.map((rule) => ({
      name: `${policy.name}/${rule.name}`,
      keepsAmong: ruleKeeps(rule),
    })),
  }));
  return (repository) => {
    const fitting = compiled.filter(({ fits }) => fits(repository));
    return fitting.length === 0 ? undefined : judgeOf(repository, fitting);
  };
}

function judgeOf(repository: string, policies: readonly CompiledPolicy[]): RepositoryJudge {
  const withRules = policies.filter(({ rules }) => rules.length > 0);
  const untagged = longestUntagged(policies);
  return {
    judgesTags: withRules.length > 0,
    judgesUntagged: untagged !== undefined,
    *tags(tags, exemptions, moment) {
      if (withRules.length === 0) return [];
      const kept = yield* keptByRules(withRules, tags, moment);
      const none = withRules.map(({ name }) => name).join("+");
      return yield* mapInTurns(tags, (tag): TagDecision => {
        const rule = exemptionOf(repository, tag, exemptions) ?? kept.get(tag.tag);
        return { ...tag, action: rule === undefined ? "delete" : "keep", rule: rule ?? none };
      });
    },
    *untagged(roots, exemptions, moment) {
      if (untagged === undefined) return [];
      return yield* mapInTurns(roots, (root) => judgeRoot(repository, root, untagged, exemptions, moment));
    },
  };
}

/** The first rule that keeps each tag, by the tag. */
function* keptByRules(
  policies: readonly CompiledPolicy[],
  tags: readonly PushedTag[],
  moment: RuleMoment,
): InTurns<ReadonlyMap<string, string>> {
  const kept = new Map<string, string>();
  for (const { name, keepsAmong } of policies.flatMap(({ keepers }) => keepers)) {
    for (const { tag } of yield* keepsAmong(tags, moment)) if (!kept.has(tag)) kept.set(tag, name);
  }
  return kept;
}

function exemptionOf(
  repository: string,
  { tag, digest, subjectHeld }: PushedTag,
  { immutable, pinned }: Exemptions,
): string | undefined {
  const rule = immutable(repository, tag);
  if (rule !== undefined) return `immutable/${rule}`;
  if (pinned({ repository, digest, tags: [tag] })) return "pinned";
  return subjectHeld === true ? "subject" : undefined;
}

interface UntaggedRule {
  readonly name: string;
  readonly milliseconds: number;
}

/** Of several policies the one that keeps longest counts. */
function longestUntagged(policies: readonly CompiledPolicy[]): UntaggedRule | undefined {
  let longest: UntaggedRule | undefined;
  for (const { name, deleteUntaggedAfterMilliseconds: milliseconds } of policies) {
    if (milliseconds === undefined || milliseconds <= (longest?.milliseconds ?? -1)) continue;
    longest = { name: `${name}/untagged`, milliseconds };
  }
  return longest;
}

function judgeRoot(
  repository: string,
  root: UntaggedRoot,
  { name, milliseconds }: UntaggedRule,
  { pinned }: Exemptions,
  { now, pullSlackMilliseconds }: RuleMoment,
): UntaggedDecision {
  if (pinned({ repository, digest: root.digest, tags: [] }))
    return { ...root, action: "keep", rule: "pinned" };
  const { wantedAt, pulledAt = -Infinity } = root;
  const isOld = Math.max(wantedAt, pulledAt + pullSlackMilliseconds) < now - milliseconds;
  return { ...root, action: isOld ? "delete" : "keep", rule: name };
}
