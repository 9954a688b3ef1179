// The htpasswd file as other programs change it: looked at once a second, read when it changed, kept when it broke.
import { execFile } from "node:child_process";
import { mkdir, rename, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { hashSync } from "bcryptjs";
import { describe, expect, it } from "vitest";
import { HashingQueue } from "../../../auth/accounts/hashing-queue.ts";
import { HtpasswdFile } from "../../../auth/authenticators/htpasswd-file.ts";
import { scratchDirectory } from "../../support/scratch-directory.ts";

const run = promisify(execFile);
const line = (name: string, password: string, cost = 4) => `${name}:${hashSync(password, cost)}\n`;

/** In place, as if a while after: some file systems tell times to a few milliseconds. */
async function rewrite(path: string, text: string): Promise<void> {
  await writeFile(path, text);
  const later = new Date(Date.now() + 5000);
  await utimes(path, later, later);
}

async function openFolder(text: string) {
  const path = join(await scratchDirectory(), "htpasswd");
  await writeFile(path, text);
  const time = { now: 0 };
  const problems: string[] = [];
  const options = {
    path,
    queue: new HashingQueue(),
    clock: () => time.now,
    onProblem: (message: string) => problems.push(message),
  };
  return { path, time, problems, options };
}

async function openFile(text: string) {
  const folder = await openFolder(text);
  const file = await HtpasswdFile.open(folder.options);
  /** The passwords of ada among these, a second later. */
  const passwordsOf = async (name: string, ...passwords: string[]) => {
    folder.time.now += 1000;
    const right = await Promise.all(passwords.map((password) => file.verify(name, password)));
    return passwords.filter((_, index) => right[index]);
  };
  return { ...folder, file, passwordsOf };
}

describe("an htpasswd file at the start", () => {
  it("verifies its users' passwords with bcrypt, and knows nothing of others", async () => {
    const { file } = await openFile(line("ada", "one") + line("bob", "two"));
    expect(await file.verify("ada", "one")).toBe(true);
    expect(await file.verify("ada", "two")).toBe(false);
    expect(await file.verify("bob", "two")).toBe(true);
    expect(await file.verify("eve", "two")).toBeUndefined();
  });

  it.each([
    ["is missing", (path: string) => rm(path), /^The htpasswd file .* cannot be used: ENOENT/],
    ["is a pipe", async (path: string) => rm(path).then(() => run("mkfifo", [path])), /it is a pipe/],
    ["is a folder", async (path: string) => rm(path).then(() => mkdir(path)), /cannot be used: EISDIR/],
    [
      "has a line that is no bcrypt",
      (path: string) => writeFile(path, "ada:swordfish"),
      /line 1: only bcrypt/,
    ],
  ])("is an error that says why when it %s", async (_, spoil, sentence) => {
    const { path, options, problems } = await openFolder(line("ada", "one"));
    await spoil(path);
    await expect(HtpasswdFile.open(options)).rejects.toThrow(sentence);
    await expect(HtpasswdFile.open(options)).rejects.toThrow(path);
    await expect(HtpasswdFile.open(options)).rejects.not.toThrow("swordfish");
    expect(problems).toEqual([]);
  });
});

describe("an htpasswd file that changes", () => {
  const text = line("ada", "one");

  it.each<[string, (path: string) => Promise<unknown>]>([
    ["written in place", (path) => rewrite(path, line("ada", "two"))],
    [
      "replaced by another of the same size",
      async (path) => {
        await writeFile(`${path}.new`, line("ada", "two"));
        await rename(`${path}.new`, path);
      },
    ],
    ["longer by a user", (path) => writeFile(path, line("ada", "two") + line("bob", "one"))],
  ])("counts as it is now when it was %s", async (_, change) => {
    const { path, file, passwordsOf, problems } = await openFile(text);
    const before = await file.version();
    expect(await passwordsOf("ada", "one", "two")).toEqual(["one"]);
    expect(await file.version()).toBe(before);
    await change(path);
    expect(await passwordsOf("ada", "one", "two")).toEqual(["two"]);
    expect(await file.version()).not.toBe(before);
    expect(problems).toEqual([]);
  });

  it("counts as it is now when the folder behind it was exchanged, as Kubernetes does it", async () => {
    const { path, options, time } = await openFolder("");
    const folder = dirname(path);
    await rm(path);
    for (const [name, password] of [
      ["first", "one"],
      ["second", "two"],
    ] as const) {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, "htpasswd"), line("ada", password));
    }
    await symlink("first", join(folder, "data"));
    await symlink("data/htpasswd", path);
    const file = await HtpasswdFile.open(options);
    expect(await file.verify("ada", "one")).toBe(true);
    await symlink("second", join(folder, "data.new"));
    await rename(join(folder, "data.new"), join(folder, "data"));
    time.now += 1000;
    expect(await file.verify("ada", "one")).toBe(false);
    expect(await file.verify("ada", "two")).toBe(true);
  });

  it("knows a user no more who was taken out", async () => {
    const { path, file, time } = await openFile(text);
    await rewrite(path, line("bob", "one"));
    time.now += 1000;
    expect(await file.verify("ada", "one")).toBeUndefined();
    expect(await file.markOf("ada")).toBeUndefined();
  });

  it("is not looked at more than once a second", async () => {
    const { path, file, time } = await openFile(text);
    await rewrite(path, line("ada", "second"));
    time.now += 999;
    expect(await file.verify("ada", "one")).toBe(true);
    time.now += 1;
    expect(await file.verify("ada", "one")).toBe(false);
  });

  it("marks each entry by itself", async () => {
    const { path, file, time } = await openFile(text);
    const first = await file.markOf("ada");
    expect(first).toMatch(/^[\w-]{16}$/);
    await rewrite(path, text + line("bob", "one"));
    time.now += 1000;
    expect(await file.markOf("ada")).toBe(first);
    expect(await file.markOf("bob")).not.toBe(first);
    await writeFile(path, line("ada", "one"));
    time.now += 1000;
    expect(await file.markOf("ada")).not.toBe(first);
  });
});

describe("an htpasswd file that breaks", () => {
  it.each<[string, (path: string) => Promise<unknown>, string]>([
    ["is gone", (path) => rm(path), "ENOENT"],
    ["holds what is no bcrypt", (path) => writeFile(path, "ada:swordfish"), "line 1: only bcrypt"],
  ])("keeps the entries of before, and tells so once, when it %s", async (_, spoil, sentence) => {
    const { path, file, passwordsOf, problems } = await openFile(line("ada", "one"));
    const before = await file.version();
    await spoil(path);
    for (let count = 0; count < 3; count++) {
      expect(await passwordsOf("ada", "one", "swordfish")).toEqual(["one"]);
    }
    expect(await file.version()).toBe(before);
    expect(problems).toEqual([expect.stringContaining(sentence)]);
    expect(problems[0]).toContain(path);
    expect(problems[0]).toContain("the entries of before stay in force");
    expect(problems[0]).not.toContain("swordfish");
  });

  it("counts again once it is mended, and tells of the next break", async () => {
    const { path, passwordsOf, problems } = await openFile(line("ada", "one"));
    await writeFile(path, "nonsense");
    await passwordsOf("ada", "one");
    await writeFile(path, line("ada", "two"));
    expect(await passwordsOf("ada", "one", "two")).toEqual(["two"]);
    await rm(path);
    expect(await passwordsOf("ada", "one", "two")).toEqual(["two"]);
    expect(problems).toHaveLength(2);
  });
});

describe("the work that an htpasswd file costs", () => {
  const compareOf = (compared: string[]) => async (_: string, hash: string) => {
    compared.push(hash);
    return true;
  };

  it("is the same for who does not stand in it: one hash, at the highest cost in the file", async () => {
    const { options } = await openFolder(line("ada", "one", 4) + line("bob", "two", 6));
    const compared: string[] = [];
    const file = await HtpasswdFile.open({ ...options, compare: compareOf(compared) });
    expect(await file.verify("eve", "two")).toBeUndefined();
    expect(compared).toEqual([expect.stringMatching(/^\$2b\$06\$[./\w]{53}$/)]);
  });

  it("goes through the queue that it is given", async () => {
    const { options } = await openFolder(line("ada", "one"));
    const file = await HtpasswdFile.open({ ...options, queue: new HashingQueue(1, 0) });
    const outcomes = await Promise.allSettled([file.verify("ada", "one"), file.verify("eve", "one")]);
    expect(outcomes).toMatchObject([
      { status: "fulfilled", value: true },
      { status: "rejected", reason: { code: "busy" } },
    ]);
  });
});
