// Figures are checked while others write: nobody waits for it, and what changes meanwhile is no finding.
import { describe, expect, it, onTestFinished } from "vitest";
import type { CommandRunner } from "../../../storage/metadata/command-runner.ts";
import { SqlMetadataStore } from "../../../storage/metadata/sql-metadata-store.ts";
import { openSqlite } from "../../../storage/metadata/sqlite/open-sqlite.ts";
import type { Command } from "../../../storage/metadata/statement.ts";
import { query } from "../../../storage/metadata/statement.ts";
import { checkUsageAside } from "../../../storage/metadata/usage-check.ts";
import { blobOf, pushBlob } from "../../contracts/metadata-store-fixture.ts";
import { scratchDirectory } from "../../support/scratch-directory.ts";

/** Counts the transactions that keep others from writing, and lets others write before each look at the database. */
async function watched(meanwhile: () => Promise<unknown> = async () => undefined) {
  const runner = await openSqlite({ path: `${await scratchDirectory()}/berth.sqlite` });
  onTestFinished(() => runner.close());
  const metadata = new SqlMetadataStore(runner);
  for (const name of ["a", "b", "c"]) await pushBlob(metadata, `team/${name}`, blobOf(name), 1);
  const seen = { writes: 0, reads: 0 };
  const aside: CommandRunner = {
    read: async <T>(command: () => Command<T>) => {
      seen.reads += 1;
      await meanwhile();
      return runner.read(command);
    },
    write: <T>(command: () => Command<T>) => {
      seen.writes += 1;
      return runner.write(command);
    },
    changes: () => undefined,
    close: () => runner.close(),
  };
  return { runner, metadata, seen, aside };
}

async function mismatchesOf(aside: CommandRunner, repair: boolean): Promise<string[]> {
  const names: string[] = [];
  for (let after: string | undefined, more = true; more;) {
    const { mismatches, next } = await checkUsageAside(aside, { after, repair });
    names.push(...mismatches.map(({ of, name }) => `${of} ${name}`));
    after = next;
    more = after !== undefined;
  }
  return names;
}

describe("a check of the figures", () => {
  it.each([false, true])("keeps nobody from writing where they are right (repair: %s)", async (repair) => {
    const { aside, seen } = await watched();
    expect(await mismatchesOf(aside, repair)).toEqual([]);
    expect(seen.writes).toBe(0);
    expect(seen.reads).toBeGreaterThan(10);
  });

  it("sets right what is wrong, and only that where nobody else writes", async () => {
    const { aside, seen, runner } = await watched();
    await runner.write(() => query("UPDATE project_usage SET blob_bytes = 1 WHERE project = 'team'"));
    expect(await mismatchesOf(aside, true)).toEqual(["project team"]);
    expect(seen.writes).toBe(1);
    expect(await mismatchesOf(aside, true)).toEqual([]);
  });

  it("finds nothing in what is pushed while it adds up", async () => {
    let pushes = 0;
    const push = () => pushBlob(others, `team/${pushes % 7}`, blobOf(`more ${pushes++}`), 1);
    const { aside, metadata: others, seen } = await watched(push);
    expect(await mismatchesOf(aside, true)).toEqual([]);
    expect(pushes).toBeGreaterThan(10);
    expect(seen.writes).toBe(0);
  });
});
