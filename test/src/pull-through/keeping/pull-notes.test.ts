// How often pulls are written down.
import { expect, test } from "vitest";
import type { Digest } from "../../../../storage/digest.ts";
import { PullNotes } from "../../../../src/pull-through/keeping/pull-notes.ts";
import { digestFor } from "../../../contracts/metadata-store-fixture.ts";

const here = "docker.io/library/app";
const [one, other] = [digestFor("one"), digestFor("other")];

function openNotes({ failing = false } = {}) {
  const clock = { now: 1_000_000 };
  const writes: { digests: Digest[]; at: number }[] = [];
  const problems: unknown[] = [];
  const notes = new PullNotes({
    content: {
      touch: async (pulled, at) => {
        writes.push({ digests: pulled.map(({ digest }) => digest), at });
        if (failing && writes.length === 1) throw new Error("no room");
      },
    },
    stepSeconds: () => 60,
    now: () => clock.now,
    onProblem: (error) => problems.push(error),
  });
  return { notes, clock, writes, problems };
}

test("pulls of some seconds are written together, each once", async () => {
  const { notes, clock, writes } = openNotes();
  await notes.flush();
  for (const digest of [one, one, other, one]) notes.add(here, digest);
  expect(writes).toEqual([]);
  clock.now += 5000;
  notes.add(here, one);
  await notes.flush();
  expect(writes).toEqual([{ digests: [one, other], at: clock.now }]);
});

test("what was noted lately is not noted again", async () => {
  const { notes, clock, writes } = openNotes();
  notes.add(here, one);
  await notes.flush();
  clock.now += 59_999;
  notes.add(here, one);
  notes.add("quay.io/app", one);
  await notes.flush();
  clock.now += 1;
  notes.add(here, one);
  await notes.flush();
  expect(writes.map(({ digests }) => digests)).toEqual([[one], [one], [one]]);
});

test("a failed write is told, and the next pull is noted", async () => {
  const { notes, clock, writes, problems } = openNotes({ failing: true });
  notes.add(here, one);
  await expect.poll(() => problems.length).toBe(1);
  clock.now += 5000;
  notes.add(here, one);
  await notes.flush();
  expect(writes.map(({ digests }) => digests)).toEqual([[one], [one]]);
});
