// Random pushes, deletes, restores and collections against a plain model of tags and of what became of them: the history's
// last event says where each tag is, and whoever is told that a tag can come back gets it back.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { TagEventKind } from "../../../storage/metadata/tag-history-store.ts";
import { openMetadataStore } from "../../../storage/metadata/open-metadata-store.ts";
import { collect, grace, push } from "../../contracts/garbage-store-fixture.ts";
import { digestFor } from "../../contracts/metadata-store-fixture.ts";

const repository = "team/app";
const contents = ["one", "two", "three"];
const tags = ["v1", "v2"];

const anyTag = fc.constantFrom(...tags);
const anyContent = fc.constantFrom(...contents);
const anyStep = fc.oneof(
  fc.record({ kind: fc.constant("push" as const), tag: anyTag, content: anyContent }),
  fc.record({ kind: fc.constant("delete" as const), tag: anyTag }),
  fc.record({ kind: fc.constant("deleteManifest" as const), content: anyContent }),
  fc.record({
    ...{ kind: fc.constant("restore" as const), tag: anyTag },
    content: fc.option(anyContent, { nil: undefined }),
  }),
  fc.record({ kind: fc.constant("collect" as const), after: fc.constantFrom(1, grace / 2, grace) }),
);
type Step = typeof anyStep extends fc.Arbitrary<infer T> ? T : never;

interface Told {
  readonly kind: TagEventKind;
  readonly content: string;
}

async function follow(steps: readonly Step[]): Promise<void> {
  const store = await openMetadataStore({ kind: "sqlite", path: ":memory:" });
  const pointsAt = new Map<string, string>();
  const told = new Map(tags.map((tag): [string, Told[]] => [tag, []]));
  const held = new Set<string>();
  /** When a manifest without a tag goes; it has none when nobody deleted its last tag. */
  const goes = new Map<string, number>();
  let now = 1000;
  const tell = (tag: string, kind: TagEventKind, content: string) => told.get(tag)?.push({ kind, content });
  const isTagged = (content: string) => [...pointsAt.values()].includes(content);
  const point = (tag: string, content: string, kind?: TagEventKind) => {
    const before = pointsAt.get(tag);
    if (before !== content) tell(tag, kind ?? (before === undefined ? "pushed" : "moved"), content);
    pointsAt.set(tag, content);
    goes.delete(content);
  };
  const take: Readonly<Record<Step["kind"], (step: never) => Promise<void>>> = {
    push: async ({ tag, content }: Extract<Step, { kind: "push" }>) => {
      await push(store, repository, content, { tags: [tag], now });
      held.add(content);
      point(tag, content);
    },
    delete: async ({ tag }: Extract<Step, { kind: "delete" }>) => {
      const content = pointsAt.get(tag);
      expect(await store.tags.delete(repository, tag, now)).toBe(content !== undefined);
      if (content === undefined) return;
      pointsAt.delete(tag);
      tell(tag, "deleted", content);
      if (!isTagged(content)) goes.set(content, now + grace);
    },
    deleteManifest: async ({ content }: Extract<Step, { kind: "deleteManifest" }>) => {
      const { outcome } = await store.manifests.delete(repository, digestFor(content), now);
      expect(outcome).toBe(held.delete(content) ? "deleted" : "absent");
      goes.delete(content);
      for (const [tag, at] of pointsAt) {
        if (at !== content) continue;
        pointsAt.delete(tag);
        tell(tag, "manifest-deleted", content);
      }
    },
    restore: async ({ tag, content }: Extract<Step, { kind: "restore" }>) => {
      const [current, history] = [pointsAt.get(tag), told.get(tag) ?? []];
      const wanted = content ?? history.at(-1)?.content;
      const digest = content === undefined ? undefined : digestFor(content);
      const { outcome } = await store.tagHistory.restore({
        repository,
        tag,
        digest,
        isImmutable: false,
        now,
      });
      const known = history.some((event) => event.content === wanted);
      const expected =
        content === undefined && current !== undefined
          ? "occupied"
          : current !== undefined && current === content
            ? "unchanged"
            : wanted === undefined || !known
              ? "unknown"
              : held.has(wanted)
                ? "restored"
                : "gone";
      expect(outcome).toBe(expected);
      if (outcome === "restored" && wanted !== undefined) point(tag, wanted, "restored");
    },
    collect: async ({ after }: Extract<Step, { kind: "collect" }>) => {
      now += after;
      await collect(store, now);
      for (const [content, at] of goes) {
        if (at > now) continue;
        held.delete(content);
        goes.delete(content);
      }
    },
  };
  try {
    for (const step of steps) {
      await take[step.kind](step as never);
      for (const tag of tags) {
        const { events } = await store.tagHistory.list(repository, tag, { limit: 1000 });
        expect(events.map(({ kind, digest }) => [kind, digest])).toEqual(
          (told.get(tag) ?? []).map(({ kind, content }) => [kind, digestFor(content)]).toReversed(),
        );
        expect(events.map((event) => event.held)).toEqual(
          (told.get(tag) ?? []).map(({ content }) => held.has(content)).toReversed(),
        );
        const content = pointsAt.get(tag);
        const tagged = await store.manifests.findByTag(repository, tag);
        expect(tagged?.digest).toBe(content && digestFor(content));
      }
    }
  } finally {
    await store.close();
  }
}

test("the history tells what happened, and a tag that can come back does", async () => {
  await fc.assert(fc.asyncProperty(fc.array(anyStep, { minLength: 5, maxLength: 40 }), follow), {
    numRuns: 150,
  });
});
