// Looks before a push: how many questions they cost the database, and when one is a change.
import { describe, expect, it, onTestFinished } from "vitest";
import { Touches } from "../../../src/registry/touches.ts";
import type { GarbageStore } from "../../../storage/metadata/garbage-store.ts";
import { openMetadataStore } from "../../../storage/metadata/open-metadata-store.ts";
import { blobOf, digestFor, pushBlob } from "../../contracts/metadata-store-fixture.ts";

const graceSeconds = 1000;

async function withBlobs(...contents: readonly string[]) {
  const metadata = await openMetadataStore({ kind: "sqlite", path: ":memory:" });
  onTestFinished(() => metadata.close());
  for (const content of contents) await pushBlob(metadata, "team/app", blobOf(content), 0);
  const clock = { now: 0 };
  const asked: number[] = [];
  const garbage: Pick<GarbageStore, "touch"> = {
    touch: (content, times) => {
      asked.push(content.length);
      return metadata.garbage.touch(content, times);
    },
  };
  const touches = new Touches({ garbage, graceSeconds, now: () => clock.now });
  const touch = (content: string) => touches.touch("team/app", digestFor(content));
  /** What is collected a grace after `before`. */
  const collected = async (before: number) =>
    (await metadata.garbage.collectLinks({ before, limit: 100, now: clock.now, dueAt: clock.now })).links;
  return { metadata, clock, asked, touch, collected };
}

describe("touches", () => {
  it("of many at once are two questions, each with its own answer", async () => {
    const { asked, touch } = await withBlobs("a", "b", "c");
    const answers = await Promise.all(["a", "b", "absent", "c", "a"].map(touch));
    expect(answers).toEqual([true, true, false, true, true]);
    expect(asked).toEqual([5]);
    const more = [touch("a"), touch("b")];
    await Promise.resolve();
    await Promise.resolve();
    more.push(touch("c"), touch("a"));
    expect(await Promise.all(more)).toEqual([true, true, true, true]);
    expect(asked).toEqual([5, 2, 2]);
  });

  it("of more than a question holds are several", async () => {
    const { asked, touch } = await withBlobs("a");
    const answers = await Promise.all(Array.from({ length: 250 }, () => touch("a")));
    expect(new Set(answers)).toEqual(new Set([true]));
    expect(asked).toEqual([100, 100, 50]);
  });

  it("change nothing within a fifth of the grace, and after a quarter of it begin another one", async () => {
    const { clock, touch, collected } = await withBlobs("young", "old");
    clock.now = (graceSeconds * 1000) / 5;
    expect(await touch("young")).toBe(true);
    clock.now = (graceSeconds * 1000) / 4;
    expect(await touch("old")).toBe(true);
    expect(await collected(clock.now - 1)).toBe(1);
    expect([await touch("young"), await touch("old")]).toEqual([false, true]);
  });

  it("fail alone: the next are asked again", async () => {
    const failing = { touch: () => Promise.reject(new Error("the database is busy")) };
    const held = { touch: async (content: Parameters<GarbageStore["touch"]>[0]) => [...content] };
    const answers = [failing, held];
    const garbage: Pick<GarbageStore, "touch"> = {
      touch: (content) => (answers.shift() ?? held).touch(content),
    };
    const touches = new Touches({ garbage, graceSeconds, now: () => 0 });
    await expect(touches.touch("team/app", digestFor("a"))).rejects.toThrow("busy");
    expect(await touches.touch("team/app", digestFor("a"))).toBe(true);
  });
});
