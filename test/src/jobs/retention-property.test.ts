// Whatever tags, times and rules there are: what a dry run says, what the run after it does, and what a model says that was
// written without looking at the rules, are the same; and what a run leaves, the next one leaves too.
import fc from "fast-check";
import { expect, test } from "vitest";
import { openMetadataStore } from "../../../storage/metadata/open-metadata-store.ts";
import type { MetadataStore } from "../../../storage/metadata/metadata-store.ts";
import { RetentionKeeper } from "../../../src/jobs/retention-keeper.ts";
import { pullSlackMilliseconds, type RepositoryPlan } from "../../../src/jobs/retention-plan.ts";
import { retentionBy, type RetentionPolicy } from "../../../src/policies/retention.ts";
import { globMatcher } from "../../../src/oci/glob.ts";
import { digestFor, manifestOf } from "../../contracts/metadata-store-fixture.ts";

const hour = 3_600_000;
const now = 1000 * hour;
const here = "team/app";
const names = [
  "latest",
  "main",
  "pr-1",
  "pr-2",
  "v1.0.0",
  "1.0.0",
  "v1.1.0",
  "v1.1.1-rc.1",
  "v2.0.0",
  "v2.10.0",
  "v2.9.0",
  "1.2",
];

interface TagState {
  readonly pushedAt: number;
  readonly pulledAt: number | undefined;
  readonly image: number;
}
const time = fc.integer({ min: 0, max: 10 }).map((hours) => now - hours * hour);
/** Times of pulls lie far from where rules divide, since the slack is a matter of its own. */
const tagState = fc.record({
  pushedAt: time,
  pulledAt: fc.option(
    time.map((at) => at - hour / 2),
    { nil: undefined },
  ),
  image: fc.integer({ min: 0, max: 3 }),
});
const state = fc.dictionary(fc.constantFrom(...names), tagState, { noNullPrototype: true });
const within = fc.integer({ min: 1, max: 10 }).map((hours) => hours * hour);
const keep = fc.oneof(
  fc.record({ kind: fc.constant("all" as const) }),
  fc.record({ kind: fc.constant("newest" as const), count: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ kind: fc.constant("pushed-within" as const), milliseconds: within }),
  fc.record({ kind: fc.constant("pulled-within" as const), milliseconds: within }),
  fc.record({
    kind: fc.constant("versions" as const),
    count: fc.integer({ min: 1, max: 3 }),
    each: fc.constantFrom("repository" as const, "major" as const, "minor" as const),
  }),
);
const glob = fc.constantFrom("*", "v*", "pr-*", "latest", "*.0", "*-rc*");
const rules = fc.array(
  fc.record({
    tags: fc.array(glob, { minLength: 1, maxLength: 2 }),
    except: fc.array(glob, { maxLength: 1 }),
    keep,
  }),
  { minLength: 1, maxLength: 3 },
);

type Rule = RetentionPolicy["rules"][number];

/** What each tag comes to: the name of the first rule that keeps it. Counts those that come before a tag, one by one. */
function modelOf(
  tags: Record<string, TagState>,
  all: readonly Rule[],
  immutable: string,
): Record<string, string> {
  const keeps = ({ tags: patterns, except, keep: one }: Rule, tag: string): boolean => {
    const isAbout = (name: string) =>
      patterns.some((pattern) => globMatcher(pattern)(name)) &&
      !except.some((pattern) => globMatcher(pattern)(name));
    const at = tags[tag];
    if (at === undefined || !isAbout(tag)) return false;
    const others = Object.keys(tags).filter(isAbout);
    // a pull by any tag of an image is one of the image
    const pulls = Object.values(tags).filter(({ image }) => image === at.image);
    const pulledAt = Math.max(...pulls.map((one) => one.pulledAt ?? -1));
    switch (one.kind) {
      case "all":
        return true;
      case "pushed-within":
        return now - at.pushedAt <= one.milliseconds;
      case "pulled-within":
        return (
          now - at.pushedAt <= one.milliseconds || now - pulledAt <= one.milliseconds + pullSlackMilliseconds
        );
      case "newest": {
        const later = others.filter((other) => {
          const pushedAt = tags[other]?.pushedAt ?? 0;
          return pushedAt > at.pushedAt || (pushedAt === at.pushedAt && other > tag);
        });
        return later.length < one.count;
      }
      case "versions": {
        const ranked = ["v2.10.0", "v2.9.0", "v2.0.0", "v1.1.1-rc.1", "v1.1.0", "v1.0.0"];
        const versionOf = (name: string) => (name === "1.0.0" ? "v1.0.0" : name);
        const lineOf = (name: string) =>
          versionOf(name).split(".").slice(0, { repository: 0, major: 1, minor: 2 }[one.each]).join(".");
        const rank = ranked.indexOf(versionOf(tag));
        const present = new Set(others.filter((other) => lineOf(other) === lineOf(tag)).map(versionOf));
        return rank >= 0 && ranked.slice(0, rank).filter((higher) => present.has(higher)).length < one.count;
      }
    }
  };
  const decide = (tag: string): string => {
    if (tag === immutable) return "keep immutable/fixed";
    const rule = all.find((one) => keeps(one, tag));
    return rule === undefined ? "delete apps" : `keep apps/${rule.name}`;
  };
  return Object.fromEntries(Object.keys(tags).map((tag) => [tag, decide(tag)]));
}

async function fill(store: MetadataStore, tags: Record<string, TagState>): Promise<void> {
  for (const [tag, { pushedAt, pulledAt, image }] of Object.entries(tags)) {
    await store.manifests.commit(manifestOf(here, `image ${image}`, { tags: [tag], now: pushedAt }));
    const pull = { repository: here, digest: digestFor(`image ${image}`), tag };
    if (pulledAt !== undefined) await store.retention.notePulls([pull], pulledAt);
  }
}

const decisionsOf = (plans: readonly RepositoryPlan[]): Record<string, string> =>
  Object.fromEntries(
    plans.flatMap(({ tags }) => tags.map(({ tag, action, rule }) => [tag, `${action} ${rule}`])),
  );

async function gathered(plans: AsyncIterable<RepositoryPlan>): Promise<RepositoryPlan[]> {
  const all: RepositoryPlan[] = [];
  for await (const plan of plans) all.push(plan);
  return all;
}

test("a dry run, the run after it, and a naive model come to the same", async () => {
  const cases = fc.asyncProperty(state, rules, fc.constantFrom(...names), async (tags, drawn, immutable) => {
    const store = await openMetadataStore({ kind: "sqlite", path: ":memory:" });
    await fill(store, tags);
    const named = drawn.map((rule, index) => ({ ...rule, name: `rule ${index}` }));
    const policy = {
      name: "apps",
      repositories: ["team/*"],
      rules: named,
      deleteUntaggedAfterMilliseconds: undefined,
    };
    let ids = 0;
    const keeper = new RetentionKeeper({
      ...{ metadata: store, everySeconds: 60, policies: 1, rowsPerSecond: 1000 },
      ...{
        now: () => now,
        newId: () => `${ids++}`,
        pause: async () => undefined,
        flushPulls: async () => undefined,
      },
      retention: retentionBy([policy]),
      exemptions: async () => ({
        immutable: (_, tag) => (tag === immutable ? "fixed" : undefined),
        pinned: () => false,
      }),
    });
    const dry = await gathered(keeper.plan());
    const expected = modelOf(tags, named, immutable);
    expect(decisionsOf(dry)).toEqual(expected);
    const done: RepositoryPlan[] = [];
    const run = await keeper.begin();
    await run?.toTheEnd(new AbortController().signal, { onRepository: (plan) => done.push(plan) });
    expect(done).toEqual(dry);
    const kept = Object.keys(expected).filter((tag) => expected[tag]?.startsWith("keep"));
    expect((await store.tags.list(here, { limit: 100 })).entries).toEqual(kept.sort());
    await store.close();
  });
  await fc.assert(cases, { numRuns: 200 });
}, 120_000);
