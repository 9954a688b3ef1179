// The files of a database that was opened: who may read them.
import { chmod, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openMetadataStore } from "../../../../storage/metadata/open-metadata-store.ts";

describe("the files of a SQLite database", () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "berth-private-"));
    path = join(folder, "berth.sqlite");
  });
  afterEach(() => rm(folder, { recursive: true }));

  const modesWhileOpen = async () => {
    const store = await openMetadataStore({ kind: "sqlite", path });
    const modes = await Promise.all(
      ["", "-wal", "-shm"].map(async (suffix) => ((await stat(path + suffix)).mode & 0o777).toString(8)),
    );
    await store.close();
    return modes;
  };

  test("are their owner's alone: they hold signing keys and password hashes", async () => {
    expect(await modesWhileOpen()).toEqual(["600", "600", "600"]);
  });

  test("are closed to others when a version before made them for everybody", async () => {
    await writeFile(path, "", { mode: 0o644 });
    await writeFile(`${path}-wal`, "", { mode: 0o644 });
    await chmod(path, 0o644);
    await chmod(`${path}-wal`, 0o644);
    expect(await modesWhileOpen()).toEqual(["600", "600", "600"]);
  });

  test("stay a group's when an operator shares them with it", async () => {
    await writeFile(path, "");
    await chmod(path, 0o660);
    expect(await modesWhileOpen()).toEqual(["660", "660", "660"]);
  });
});
