// What keeps a command from its data, and the sentence for it; and data that another process works on at the same time.
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it, onTestFinished } from "vitest";
import { openAccess } from "../../../../src/assembly/access-services.ts";
import { scratchDirectory } from "../../../support/scratch-directory.ts";
import { registryAtHand } from "../registry-at-hand.ts";

describe("a command", () => {
  it("on a data directory without a database makes none", async () => {
    const { berth } = await registryAtHand();
    const elsewhere = join(await scratchDirectory(), "typo");
    for (const words of ["user list", "user add jane --no-password"]) {
      const { code, output, errors } = await berth(`${words} --data ${elsewhere}`);
      expect({ code, output }).toEqual({ code: 1, output: "" });
      expect(errors).toBe(
        `There is no database at ${elsewhere}/berth.sqlite: name the server's data directory with --data or its ` +
          "configuration with --config; `berth serve` makes it at its first start.\n",
      );
    }
    expect(existsSync(elsewhere)).toBe(false);
  });

  it("on a file that is no database says so", async () => {
    const { berth } = await registryAtHand();
    const data = await scratchDirectory();
    await writeFile(
      join(data, "berth.sqlite"),
      "this is not a database, and longer than its header ".repeat(40),
    );
    const { code, errors } = await berth(`user list --data ${data}`);
    expect(code).toBe(1);
    expect(errors).toMatch(/^Cannot use .*\/berth\.sqlite: the file is not a database; .*--data\.\n$/);
  });

  it("on a folder in the database's place says so", async () => {
    const { berth } = await registryAtHand();
    const data = await scratchDirectory();
    await mkdir(join(data, "berth.sqlite"));
    const { code, errors } = await berth(`user list --data ${data}`);
    expect(code).toBe(1);
    expect(errors).toMatch(/^Cannot use .*\/berth\.sqlite: the database cannot be opened; /);
  });

  it("on a database of a newer Berth says so, and leaves it alone", async () => {
    const { berth, data } = await registryAtHand();
    const database = new Database(join(data, "berth.sqlite"));
    database.exec(`INSERT INTO schema_migrations (version, name, checksum, readable_by, applied_at)
                   VALUES (9999, 'from-the-future', '', 9999, 0)`);
    database.close();
    const { code, errors } = await berth("user list");
    expect(code).toBe(1);
    expect(errors).toMatch(/^Cannot use .*\/berth\.sqlite: .*newer/);
    expect(errors.trimEnd()).not.toContain("\n");
  });

  it("that another process keeps from writing for too long says so", async () => {
    const { berth, data, json } = await registryAtHand({
      openAccess: async (config, options) => {
        const access = await openAccess(config, { ...options, busyLimitMilliseconds: 20 });
        if (locks) other.exec("BEGIN IMMEDIATE");
        return access;
      },
    });
    let locks = false;
    const other = new Database(join(data, "berth.sqlite"));
    onTestFinished(() => void other.close());
    locks = true;
    const { code, errors } = await berth("user add jane --no-password");
    other.exec("ROLLBACK");
    locks = false;
    expect(code).toBe(1);
    expect(errors).toMatch(
      /^Cannot use .*\/berth\.sqlite: another process held the database for too long; try again/,
    );
    expect(await json("user list")).toEqual([]);
  });

  it("with a wrong configuration names what is wrong", async () => {
    const { berth } = await registryAtHand({ environment: { BERTH_AUTH_MODE: "closed" } });
    const { code, errors } = await berth("user list");
    expect(code).toBe(1);
    expect(errors).toMatch(/^The configuration has a problem:\n {2}auth\.mode: must be one of/);
  });

  it("shows a stack to those who ask for debugging", async () => {
    const { berth } = await registryAtHand({ environment: { BERTH_LOG_LEVEL: "debug" } });
    expect((await berth("user show nobody")).errors).toMatch(
      /there is no user called nobody\n {4}at [^]*\nCause: /,
    );
  });
});

describe("the mode", () => {
  it.each([
    ["open", /^note: accounts have an effect where auth\.mode is accounts; .* it is open \(set by/],
    ["accounts", /^$/],
  ])("%s is mentioned after a change where accounts have no effect", async (mode, note) => {
    const { berth } = await registryAtHand({ environment: { BERTH_AUTH_MODE: mode } });
    const { code, output, errors } = await berth("user add jane --no-password --json");
    expect(code).toBe(0);
    expect(JSON.parse(output)).toMatchObject({ name: "jane" });
    expect(errors).toMatch(note);
    expect((await berth("user list")).errors).toBe("");
  });
});

describe("two terminals at once", () => {
  it("make twenty accounts, each once", async () => {
    const { berth, json } = await registryAtHand();
    const names = Array.from({ length: 10 }, (_, index) => `user-${index}`);
    const outcomes = await Promise.all(
      [...names, ...names].map((name) => berth(`user add ${name} --no-password`)),
    );
    expect(outcomes.filter(({ code }) => code === 0)).toHaveLength(10);
    for (const { code, errors } of outcomes) {
      if (code !== 0) expect(errors).toMatch(/^error: a user or a robot is called user-\d already/);
    }
    expect(await json("user list")).toHaveLength(10);
    expect(await json("audit --limit 100")).toHaveLength(20);
  });

  it("do not demote the last two administrators", async () => {
    const { berth, json } = await registryAtHand();
    await berth("user add olga --admin --no-password");
    await berth("user add jane --admin --no-password");
    const outcomes = await Promise.all([
      berth("user set olga --no-admin"),
      berth("user set jane --no-admin"),
    ]);
    expect(outcomes.map(({ code }) => code).sort()).toEqual([0, 1]);
    expect(
      ((await json("user list")) as { systemAdmin: boolean }[]).filter((one) => one.systemAdmin),
    ).toHaveLength(1);
  });
});
