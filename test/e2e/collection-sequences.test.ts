// Ten thousand random sequences of pushes, deletes and collections, and with --long a hundred thousand; and after how
// many of them each seeded defect is found, with --long by three seeds. BERTH_TEST_SEED runs the same ones again.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CollectionGround } from "../property/collection/collection-ground.ts";
import { expectPromisesKept, findBrokenPromise } from "../property/collection/run-sequences.ts";
import { seededDefects } from "../property/collection/seeded-defects.ts";

const long = process.env["BERTH_TEST_LONG"] === "1";
const seed = Number(process.env["BERTH_TEST_SEED"] ?? Date.now() % 1_000_000);
/** One of ten on a file. Runs are short, so that a report says early that something is wrong. */
const runSequences = 500;
const runs = long ? 200 : 20;
const seedsPerDefect = long ? 3 : 1;
const timeout = runs * 300_000;

/** As the tests without a process do: memory, where there is a disk of it. */
const scratch = await mkdtemp("/dev/shm/berth-collection-").catch(() =>
  mkdtemp(join(tmpdir(), "berth-collection-")),
);
let inMemory: CollectionGround;
let inFile: CollectionGround;
beforeAll(async () => {
  inMemory = await CollectionGround.open(scratch, "memory");
  inFile = await CollectionGround.open(scratch, "file");
});
afterAll(async () => {
  await inMemory.close();
  await inFile.close();
  await rm(scratch, { recursive: true, force: true });
});

describe("random sequences of pushes, deletes and collections", () => {
  test(
    `${runs * runSequences} of them keep what was promised`,
    async () => {
      for (let run = 0; run < runs; run++) {
        const ground = run % 10 === 9 ? inFile : inMemory;
        await expectPromisesKept(ground, { seed: seed + run, sequences: runSequences });
        console.log(
          `  ${(run + 1) * runSequences} sequences, the last ${runSequences} of seed ${seed + run}`,
        );
      }
    },
    timeout,
  );

  test(
    "they find every seeded defect",
    async () => {
      for (const { name, assemble } of seededDefects) {
        const after: (number | undefined)[] = [];
        for (let i = 0; i < seedsPerDefect; i++) {
          after.push(
            (await findBrokenPromise(inMemory, assemble, { seed: seed + i, sequences: 5000 }))?.after,
          );
        }
        console.log(`  ${name}: found after ${after.map((count) => count ?? "never").join(", ")} sequences`);
        expect(after).not.toContain(undefined);
      }
    },
    timeout,
  );
});
