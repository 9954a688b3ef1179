// How often pulls are written down.
import { expect, test } from "vitest";
import type { Digest } from "../../../storage/digest.ts";
import { PullNotes } from "../../../src/registry/pull-notes.ts";
import { digestFor } from "../../contracts/metadata-store-fixture.ts";

const here = "docker.io/library/app";
const [one, other] = [digestFor("one"), digestFor("other")];

function openNotes({ failing = false } = {}) {
  const clock = { now: 1_000_000 };
  const writes: { digests: Digest[]; at: number }[] = [];
  const problems: unknown[] = [];
  const notes = new PullNotes({
    write: async (pulled, at) => {
      writes.push({ digests: pulled.map(({ digest }) => digest), at });
      if (failing && writes.length === 1) throw new Error("no room");
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
  for (const digest of [one, one, other, one]) notes.add({ repository: here, digest });
  expect(writes).toEqual([]);
  clock.now += 5000;
  notes.add({ repository: here, digest: one });
  await notes.flush();
  expect(writes).toEqual([{ digests: [one, other], at: clock.now }]);
});

test("what was noted lately is not noted again", async () => {
  const { notes, clock, writes } = openNotes();
  notes.add({ repository: here, digest: one });
  await notes.flush();
  clock.now += 59_999;
  notes.add({ repository: here, digest: one });
  notes.add({ repository: "quay.io/app", digest: one });
  notes.add({ repository: here, digest: one, tag: "v1" });
  await notes.flush();
  clock.now += 1;
  notes.add({ repository: here, digest: one });
  await notes.flush();
  expect(writes.map(({ digests }) => digests)).toEqual([[one], [one, one], [one]]);
});

test("a failed write is told, and the next pull is noted", async () => {
  const { notes, clock, writes, problems } = openNotes({ failing: true });
  notes.add({ repository: here, digest: one });
  await expect.poll(() => problems.length).toBe(1);
  clock.now += 5000;
  notes.add({ repository: here, digest: one });
  await notes.flush();
  expect(writes.map(({ digests }) => digests)).toEqual([[one], [one]]);
});
