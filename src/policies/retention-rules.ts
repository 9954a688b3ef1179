// What rules of retention are made of, and which tags one rule keeps. How rules, policies and exceptions come together
// is retention.ts. Pure.
import type { PushedTag } from "../../storage/metadata/retention-store.ts";
import { anyGlobMatcher } from "../oci/glob.ts";
import { comparePrecedence, parseSemanticVersion, type SemanticVersion } from "./semantic-version.ts";
import { filterInTurns, mapInTurns, sortInTurns, type InTurns } from "./turns.ts";

export interface RetentionRule {
  readonly name: string;
  /** Patterns as in oci/glob.ts: the tags that the rule is about, but for those that `except` fits. */
  readonly tags: readonly string[];
  readonly except: readonly string[];
  readonly keep: Keep;
}

export type Keep =
  | { readonly kind: "all" }
  /** The last ones pushed; a tag whose name speaks of a manifest takes no place among them. */
  | { readonly kind: "newest"; readonly count: number }
  | { readonly kind: "pushed-within"; readonly milliseconds: number }
  /** Or pushed within: nobody had the time to pull it before. */
  | { readonly kind: "pulled-within"; readonly milliseconds: number }
  /** The highest versions, of each major or minor line where that is wanted; two spellings of one count once. */
  | { readonly kind: "versions"; readonly count: number; readonly each: "repository" | "major" | "minor" };

export interface RuleMoment {
  readonly now: number;
  /** How far a noted pull may be behind the last one: what may have been pulled within a time counts as pulled then. */
  readonly pullSlackMilliseconds: number;
}

/** Says which of the tags a rule keeps. */
export type KeepsAmong = (tags: readonly PushedTag[], moment: RuleMoment) => InTurns<readonly PushedTag[]>;

export function ruleKeeps({ tags, except, keep }: RetentionRule): KeepsAmong {
  const [fits, leaves] = [anyGlobMatcher(tags), anyGlobMatcher(except)];
  return function* (all, moment) {
    const tags = yield* filterInTurns(all, ({ tag }) => fits(tag) && !leaves(tag));
    return yield* kept(keep, tags, moment);
  };
}

function* kept(keep: Keep, tags: readonly PushedTag[], moment: RuleMoment): InTurns<readonly PushedTag[]> {
  const { now, pullSlackMilliseconds } = moment;
  switch (keep.kind) {
    case "all":
      return tags;
    case "newest":
      return (yield* sortInTurns(
        yield* filterInTurns(tags, ({ subjectHeld }) => subjectHeld === undefined),
        lastPushedFirst,
      )).slice(0, keep.count);
    case "pushed-within":
      return yield* filterInTurns(tags, ({ pushedAt }) => pushedAt >= now - keep.milliseconds);
    case "pulled-within":
      return yield* filterInTurns(
        tags,
        ({ pushedAt, pulledAt = -Infinity }) =>
          Math.max(pushedAt, pulledAt + pullSlackMilliseconds) >= now - keep.milliseconds,
      );
    case "versions":
      return yield* highestVersions(keep, tags);
  }
}

/** Of those that were pushed at the same moment the last by name comes first. */
function lastPushedFirst(a: PushedTag, b: PushedTag): number {
  return b.pushedAt - a.pushedAt || (a.tag < b.tag ? 1 : -1);
}

interface VersionTag {
  readonly tag: PushedTag;
  readonly version: SemanticVersion;
}

function* highestVersions(
  { count, each }: Extract<Keep, { kind: "versions" }>,
  tags: readonly PushedTag[],
): InTurns<PushedTag[]> {
  const lines = new Map<string, VersionTag[]>();
  for (const { tag, version } of yield* versionsAmong(tags)) {
    const line = lines.get(lineOf(version, each)) ?? [];
    lines.set(lineOf(version, each), line);
    line.push({ tag, version });
  }
  const highest: PushedTag[] = [];
  for (const line of lines.values()) {
    for (const tag of yield* highestOf(line, count)) highest.push(tag);
  }
  return highest;
}

function* versionsAmong(tags: readonly PushedTag[]): InTurns<VersionTag[]> {
  const parsed = yield* mapInTurns(tags, (tag) => ({ tag, version: parseSemanticVersion(tag.tag) }));
  return parsed.flatMap(({ tag, version }) => (version === undefined ? [] : [{ tag, version }]));
}

function lineOf({ major, minor }: SemanticVersion, each: "repository" | "major" | "minor"): string {
  if (each === "repository") return "";
  return each === "major" ? `${major}` : `${major}.${minor}`;
}

function* highestOf(line: readonly VersionTag[], count: number): InTurns<PushedTag[]> {
  const sorted = yield* sortInTurns(line, (a, b) => comparePrecedence(b.version, a.version));
  let versions = 0;
  let last: SemanticVersion | undefined;
  const highest: PushedTag[] = [];
  for (const { tag, version } of sorted) {
    if (last === undefined || comparePrecedence(last, version) !== 0) versions += 1;
    if (versions > count) break;
    last = version;
    highest.push(tag);
  }
  return highest;
}
