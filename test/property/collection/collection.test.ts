// Random sequences of all that clients, operators and the collector do, on the real registry, database and directory,
// beside a model. (Ten thousand of them, and the proof that they find what they are for: test/e2e.)
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, test } from "vitest";
import { CollectionGround } from "./collection-ground.ts";
import { expectPromisesKept } from "./run-sequences.ts";

let directory: string;
let inMemory: CollectionGround;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "berth-collection-"));
  inMemory = await CollectionGround.open(directory, "memory");
});
afterAll(async () => {
  await inMemory.close();
  await rm(directory, { recursive: true, force: true });
});

describe("whatever is pushed, deleted and collected, in whatever order", () => {
  const seed = Number(process.env["BERTH_TEST_SEED"] ?? Date.now() % 1_000_000);

  test("what was promised stays, byte for byte, and all of the rest goes", async () => {
    await expectPromisesKept(inMemory, { seed, sequences: 250 });
  });

  test("and so it does with a database in a file, whose readers have a connection of their own", async () => {
    const inFile = await CollectionGround.open(directory, "file");
    try {
      await expectPromisesKept(inFile, { seed: seed + 1, sequences: 25 });
    } finally {
      await inFile.close();
    }
  });
});
