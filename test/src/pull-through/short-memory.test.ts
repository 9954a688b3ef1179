import { describe, expect, it } from "vitest";
import { ShortMemory } from "../../../src/pull-through/short-memory.ts";

function remembering(maxEntries?: number) {
  const clock = { seconds: 1000 };
  return { clock, memory: new ShortMemory<string>(() => clock.seconds * 1000, maxEntries) };
}

describe("what is true for a while", () => {
  it("is forgotten when that is over", () => {
    const { clock, memory } = remembering();
    memory.set("a", "gone", 30);
    clock.seconds += 29;
    expect(memory.get("a")).toBe("gone");
    clock.seconds += 1;
    expect(memory.get("a")).toBeUndefined();
  });

  it("is not true for longer because a clock was set back", () => {
    const { clock, memory } = remembering();
    memory.set("a", "gone", 30);
    clock.seconds -= 1;
    expect(memory.get("a")).toBeUndefined();
    clock.seconds += 1;
    expect(memory.get("a")).toBeUndefined();
  });

  it("can be forgotten at once, or never be true", () => {
    const { memory } = remembering();
    memory.set("a", "gone", 30);
    memory.forget("a");
    memory.set("b", "gone", 0);
    expect([memory.get("a"), memory.get("b")]).toEqual([undefined, undefined]);
  });

  it("is no more than so much: the oldest goes first", () => {
    const { memory } = remembering(2);
    for (const key of ["a", "b", "c"]) memory.set(key, "gone", 30);
    expect(["a", "b", "c"].map((key) => memory.get(key))).toEqual([undefined, "gone", "gone"]);
  });
});
