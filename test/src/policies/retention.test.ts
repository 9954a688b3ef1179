// Which rule keeps what, example by example; test/src/jobs/retention-property.test.ts does the same with whatever comes.
import { describe, expect, test } from "vitest";
import type { PushedTag } from "../../../storage/metadata/retention-store.ts";
import { atOnce } from "./at-once.ts";
import { retentionBy, type Exemptions, type RetentionPolicy } from "../../../src/policies/retention.ts";
import type { Keep, RetentionRule } from "../../../src/policies/retention-rules.ts";
import { digestFor } from "../../contracts/metadata-store-fixture.ts";

const now = 1_000_000;
const moment = { now, pullSlackMilliseconds: 100 };
const nobody: Exemptions = { immutable: () => undefined, pinned: () => false };
const here = "team/app";

const tagOf = (tag: string, more: Partial<PushedTag> = {}): PushedTag => ({
  ...{ tag, digest: digestFor(tag), pushedAt: 0, pulledAt: undefined, subjectHeld: undefined },
  ...more,
});
const ruleOf = (keep: Keep, more: Partial<RetentionRule> = {}): RetentionRule => ({
  ...{ name: keep.kind, tags: ["*"], except: [], keep },
  ...more,
});
const policyOf = (rules: readonly RetentionRule[], more: Partial<RetentionPolicy> = {}): RetentionPolicy => ({
  ...{ name: "apps", repositories: ["team/*"], rules, deleteUntaggedAfterMilliseconds: undefined },
  ...more,
});

function judged(
  policies: readonly RetentionPolicy[],
  tags: readonly PushedTag[],
  exemptions = nobody,
): Record<string, string> {
  const judge = retentionBy(policies)(here);
  const decisions = judge === undefined ? [] : atOnce(judge.tags(tags, exemptions, moment));
  return Object.fromEntries(decisions.map(({ tag, action, rule }) => [tag, `${action} ${rule}`]));
}
const keptBy = (keep: Keep, tags: readonly PushedTag[]): string[] =>
  Object.entries(judged([policyOf([ruleOf(keep)])], tags))
    .filter(([, decision]) => decision === `keep apps/${keep.kind}`)
    .map(([tag]) => tag);

describe("a rule", () => {
  test("keeps the newest, those of one moment by name from behind", () => {
    const tags = [tagOf("a", { pushedAt: 1 }), tagOf("b"), tagOf("d"), tagOf("c", { pushedAt: 5 })];
    expect(keptBy({ kind: "newest", count: 3 }, tags)).toEqual(["a", "d", "c"]);
  });

  test("keeps what was pushed within a time, to the millisecond", () => {
    const tags = [tagOf("edge", { pushedAt: now - 10 }), tagOf("old", { pushedAt: now - 11, pulledAt: now })];
    expect(keptBy({ kind: "pushed-within", milliseconds: 10 }, tags)).toEqual(["edge"]);
  });

  test("keeps what was pulled within a time, or may have been, or was pushed within it", () => {
    const tags = [
      tagOf("edge", { pulledAt: now - 110 }),
      tagOf("old", { pulledAt: now - 111 }),
      tagOf("pushed", { pushedAt: now - 10 }),
      tagOf("never"),
    ];
    expect(keptBy({ kind: "pulled-within", milliseconds: 10 }, tags)).toEqual(["edge", "pushed"]);
  });

  const versions = ["1.0.0", "1.1.0", "v1.1.0", "1.1.1-rc.1", "2.0.0", "2.0.1", "latest", "1.2"].map((tag) =>
    tagOf(tag),
  );
  test.each([
    ["repository", 3, ["1.1.1-rc.1", "2.0.0", "2.0.1"]],
    ["repository", 4, ["1.1.0", "v1.1.0", "1.1.1-rc.1", "2.0.0", "2.0.1"]],
    ["major", 1, ["1.1.1-rc.1", "2.0.1"]],
    ["minor", 1, ["1.0.0", "1.1.1-rc.1", "2.0.1"]],
  ] as const)("keeps the highest versions of each %s: %i", (each, count, kept) => {
    expect(keptBy({ kind: "versions", count, each }, versions)).toEqual(kept);
  });

  test("is about the tags that its patterns fit", () => {
    const rule = ruleOf({ kind: "all" }, { tags: ["v*", "latest"], except: ["*-rc*"] });
    const decisions = judged(
      [policyOf([rule])],
      ["v1", "v1-rc1", "latest", "main"].map((tag) => tagOf(tag)),
    );
    expect(Object.values(decisions)).toEqual([
      "keep apps/all",
      "delete apps",
      "keep apps/all",
      "delete apps",
    ]);
  });
});

describe("policies", () => {
  test("keep what one of them keeps, by the first rule that does, and are named together for the rest", () => {
    const policies = [
      policyOf([ruleOf({ kind: "newest", count: 1 })]),
      policyOf([ruleOf({ kind: "all" }, { tags: ["v*", "z"] })], { name: "more", repositories: ["**"] }),
    ];
    expect(
      judged(
        policies,
        ["a", "v1", "z"].map((tag) => tagOf(tag)),
      ),
    ).toEqual({
      a: "delete apps+more",
      v1: "keep more/all",
      z: "keep apps/newest",
    });
  });

  test("say nothing of other repositories, and without rules nothing of tags", () => {
    expect(retentionBy([policyOf([])])("other/app")).toBeUndefined();
    const judge = retentionBy([policyOf([], { deleteUntaggedAfterMilliseconds: 5 })])(here);
    expect([judge?.judgesTags, judge?.judgesUntagged]).toEqual([false, true]);
    expect(judge && atOnce(judge.tags([tagOf("a")], nobody, moment))).toEqual([]);
  });

  test("leave alone what is immutable, pinned, or about a manifest that is there, which takes no place among the newest", () => {
    const exemptions: Exemptions = {
      immutable: (repository, tag) => (repository === here && tag === "v1" ? "releases" : undefined),
      pinned: ({ tags }) => tags.includes("pinned") || tags.includes("v1"),
    };
    const tags = [
      ...["v1", "pinned", "a"].map((tag) => tagOf(tag)),
      ...[true, false].map((subjectHeld) => tagOf(`sig of ${subjectHeld}`, { pushedAt: 9, subjectHeld })),
    ];
    expect(judged([policyOf([ruleOf({ kind: "newest", count: 3 })])], tags, exemptions)).toEqual({
      v1: "keep immutable/releases",
      pinned: "keep pinned",
      a: "keep apps/newest",
      "sig of true": "keep subject",
      "sig of false": "delete apps",
    });
  });
});

test("a tag about a manifest that is elsewhere is kept by rules that judge each on its own", () => {
  const tags = [tagOf("sig", { pushedAt: now, subjectHeld: false })];
  expect(keptBy({ kind: "all" }, tags)).toHaveLength(1);
  expect(keptBy({ kind: "pushed-within", milliseconds: 10 }, tags)).toHaveLength(1);
  expect(keptBy({ kind: "newest", count: 1 }, tags)).toEqual([]);
});

describe("what nothing tags", () => {
  const root = (name: string, wantedAt: number, pulledAt?: number) => ({
    digest: digestFor(name),
    wantedAt,
    pulledAt,
  });

  test("goes when nobody wanted or pulled it for the longest of the times, unless it is pinned", () => {
    const policies = [5, 10].map((deleteUntaggedAfterMilliseconds) =>
      policyOf([], { name: `${deleteUntaggedAfterMilliseconds}`, deleteUntaggedAfterMilliseconds }),
    );
    const exemptions = {
      ...nobody,
      pinned: ({ digest }: { digest: string }) => digest === digestFor("pinned"),
    };
    const roots = [
      root("edge", now - 10),
      root("old", now - 11),
      root("pulled", 0, now - 110),
      root("pulled long ago", 0, now - 111),
      root("pinned", 0),
    ];
    const judge = retentionBy(policies)(here);
    const decisions = judge === undefined ? [] : atOnce(judge.untagged(roots, exemptions, moment));
    expect(decisions.map(({ action, rule }) => `${action} ${rule}`)).toEqual([
      "keep 10/untagged",
      "delete 10/untagged",
      "keep 10/untagged",
      "delete 10/untagged",
      "keep pinned",
    ]);
  });
});
