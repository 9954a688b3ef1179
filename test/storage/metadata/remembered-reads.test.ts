// Nothing that was remembered outlives a change, whoever made it.
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Digest } from "../../../storage/digest.ts";
import { openMetadataStore } from "../../../storage/metadata/open-metadata-store.ts";
import { RememberedReads } from "../../../storage/metadata/remembered-reads.ts";
import { digestOf } from "../../support/images.ts";
import { scratchDirectory } from "../../support/scratch-directory.ts";

function counted(value: object | undefined) {
  const counter = { reads: 0 };
  const read = async () => {
    counter.reads += 1;
    return value;
  };
  return { counter, read };
}

test("what was read is read once for as long as nothing changes", async () => {
  let changes = 1;
  const remembered = new RememberedReads({ maxBytes: 10_000, changes: () => changes });
  const { counter, read } = counted({});
  for (let n = 0; n < 3; n += 1) await remembered.load("a", read);
  expect(counter.reads).toBe(1);
  changes = 2;
  await remembered.load("a", read);
  expect(counter.reads).toBe(2);
});

test("absence is not remembered, and nothing is where nobody can tell of changes", async () => {
  const absent = counted(undefined);
  const remembered = new RememberedReads({ maxBytes: 10_000, changes: () => 1 });
  for (let n = 0; n < 3; n += 1) await remembered.load("a", absent.read);
  expect(absent.counter.reads).toBe(3);
  const present = counted({});
  const blind = new RememberedReads({ maxBytes: 10_000, changes: () => undefined });
  for (let n = 0; n < 3; n += 1) await blind.load("a", present.read);
  expect(present.counter.reads).toBe(3);
});

test("of several only those are read that are not known, and what is absent is asked for again", async () => {
  let changes = 1;
  const remembered = new RememberedReads({ maxBytes: 10_000, changes: () => changes });
  const [one, two, absent] = [{ name: "one" }, { name: "two" }, { name: "absent" }];
  const asked: string[][] = [];
  const select = (...wanted: { name: string }[]) =>
    remembered.select(
      wanted,
      ({ name }) => name,
      async (unknown) => {
        asked.push(unknown.map(({ name }) => name));
        return unknown.filter((which) => which !== absent);
      },
    );
  expect(await select(one)).toEqual([one]);
  expect(await select(one, two, absent)).toEqual([one, two]);
  expect(await select(two, one)).toHaveLength(2);
  changes = 2;
  expect(await select(one, absent)).toEqual([one]);
  expect(asked).toEqual([["one"], ["two", "absent"], ["one", "absent"]]);
});

test("a change during the read lets nothing old be remembered", async () => {
  let changes = 1;
  const remembered = new RememberedReads({ maxBytes: 10_000, changes: () => changes });
  let value = { n: 1 };
  const slow = remembered.load("a", async () => {
    const seen = value;
    await Promise.resolve();
    return seen;
  });
  value = { n: 2 };
  changes = 2;
  expect(await remembered.load("b", async () => value)).toEqual({ n: 2 });
  expect(await slow).toEqual({ n: 1 });
  expect(await remembered.load("a", async () => value)).toEqual({ n: 2 });
});

test("no more bytes are remembered than allowed", async () => {
  const remembered = new RememberedReads({ maxBytes: 10_000, changes: () => 1 });
  const bytesOf = () => 2000;
  const first = counted({});
  await remembered.load("first", first.read, bytesOf);
  for (let n = 0; n < 10; n += 1) await remembered.load(`other ${n}`, async () => ({}), bytesOf);
  await remembered.load("first", first.read, bytesOf);
  expect(first.counter.reads).toBe(2);
});

test("a tag that another process moves is read anew at once, a thousand times", async () => {
  const path = join(await scratchDirectory(), "berth.sqlite");
  const [writer, reader] = [
    await openMetadataStore({ kind: "sqlite", path }),
    await openMetadataStore({ kind: "sqlite", path }),
  ];
  onTestFinished(async () => {
    await writer.close();
    await reader.close();
  });
  for (let n = 0; n < 1000; n += 1) {
    const bytes = Buffer.from(`manifest ${n}`);
    const digest = digestOf(bytes) as Digest;
    const commit = { repository: "a", digest, mediaType: "x/y", bytes, references: [], tags: ["v1"], now: n };
    await writer.manifests.commit({ ...commit, referencePolicy: "required" });
    for (const store of [writer, reader])
      expect((await store.manifests.findByTag("a", "v1"))?.bytes.toString()).toBe(`manifest ${n}`);
  }
});
