// `berth user …` on a real database: what is done, said and refused, and where passwords come from.
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { HashingQueue } from "../../../../auth/accounts/hashing-queue.ts";
import { Passwords } from "../../../../auth/accounts/passwords.ts";
import { openMetadataStore } from "../../../../storage/metadata/open-metadata-store.ts";
import { registryAtHand } from "../registry-at-hand.ts";

const password = "correct horse battery";

async function passwordIs(data: string, name: string, expected: string): Promise<boolean> {
  const metadata = await openMetadataStore({ kind: "sqlite", path: join(data, "berth.sqlite") });
  onTestFinished(() => metadata.close());
  const account = await metadata.access.accounts.find(name);
  return new Passwords(new HashingQueue()).verify(account?.passwordHash, expected);
}

describe("berth user add", () => {
  it("asks for the password twice, hidden", async () => {
    const { berth, data } = await registryAtHand();
    const { code, output, questions } = await berth("user add jane", { answers: [password, password] });
    expect({ code, output }).toEqual({ code: 0, output: "added the user jane\n" });
    expect(questions).toEqual(["New password:", "The same again:"]);
    expect(await passwordIs(data, "jane", password)).toBe(true);
  });

  it.each([
    ["the line end at its end", `${password}\n`, password],
    ["that of Windows", `${password}\r\n`, password],
    ["none", password, password],
    ["bytes", Buffer.from("pässwörter\n"), "pässwörter"],
    ["spaces around it, which belong to it", `  ${password} \n`, `  ${password} `],
  ])("takes it from standard input, with %s", async (_, piped, expected) => {
    const { berth, data } = await registryAtHand();
    expect(await berth("user add jane --password-stdin", { piped })).toMatchObject({
      code: 0,
      questions: [],
    });
    expect(await passwordIs(data, "jane", expected)).toBe(true);
  });

  it("makes an account without a password, and says what became of it as JSON", async () => {
    const { json } = await registryAtHand();
    const words = [
      "user",
      "add",
      "build",
      "--no-password",
      "--no-create-projects",
      "--description",
      "Nightly, all",
    ];
    expect(await json(words)).toEqual({
      name: "build",
      systemAdmin: false,
      mayCreateProjects: false,
      disabled: false,
      hasPassword: false,
      description: "Nightly, all",
      createdAt: "2026-11-21T12:00:00.000Z",
    });
  });

  it.each([
    ["no terminal", "user add jane", {}, 1, /no terminal .* --password-stdin, or use --no-password/],
    ["two passwords", "user add jane", { answers: [password, "another"] }, 1, /the two passwords differ/],
    ["a short one", "user add jane", { answers: ["short", "short"] }, 1, /choose a password of 8 to 256/],
    ["an empty pipe", "user add jane --password-stdin", { piped: "" }, 1, /choose a password of 8 to 256/],
    ["two lines", "user add jane --password-stdin", { piped: "correct\nhorse\n" }, 1, /line ends/],
    [
      "an endless pipe",
      "user add jane --password-stdin",
      { piped: "y\n".repeat(9999) },
      1,
      /too long for a password/,
    ],
    [
      "no text",
      "user add jane --password-stdin",
      { piped: Buffer.from([0xff, 0xfe]) },
      1,
      /not text in UTF-8/,
    ],
    ["a bad name", "user add Jane --no-password", {}, 1, /choose a name of 2 to 64 characters/],
    ["a taken name", "user add admin --no-password", {}, 1, /is called admin already: choose another/],
    ["no name", "user add", {}, 2, /missing required argument 'name'/],
    ["contradictions", "user add jane --password-stdin --no-password", {}, 2, /choose one of/],
    ["a password as an argument", "user add jane correct-horse", {}, 2, /too many arguments/],
    ["a password as an option", "user add jane --password x", {}, 2, /unknown option '--password'/],
  ])("refuses %s in a sentence, and nothing happens", async (_, words, typist, code, sentence) => {
    const { berth, json } = await registryAtHand();
    await berth("user add admin --admin --no-password");
    const outcome = await berth(words, typist);
    expect(outcome).toMatchObject({ code, output: "" });
    expect(outcome.errors).toMatch(sentence);
    expect(outcome.errors).not.toMatch(/\n {4}at /);
    expect(await json("user list")).toMatchObject([{ name: "admin" }]);
  });
});

describe("berth user", () => {
  async function withUsers() {
    const registry = await registryAtHand();
    await registry.berth("user add admin --admin --no-password");
    await registry.berth("user add jane --no-password");
    return registry;
  }

  it("list shows a table, or one document", async () => {
    const { berth, json } = await withUsers();
    expect((await berth("user list")).output).toBe(
      [
        "NAME   SYSTEM ADMIN  MAY CREATE PROJECTS  DISABLED  CREATED AT         DESCRIPTION",
        "admin  yes           yes                  no        2026-11-21 12:00Z  -",
        "jane   no            yes                  no        2026-11-21 12:00Z  -",
        "",
      ].join("\n"),
    );
    expect(await json("user list")).toMatchObject([{ name: "admin" }, { name: "jane" }]);
  });

  it("show tells groups and roles", async () => {
    const { berth, json } = await withUsers();
    for (const words of [
      "group add web",
      "group member add web jane",
      "project add team",
      "project add tools",
      "project member set team jane --role guest",
      "project member set team web --group --role developer",
      "project member set tools jane --role maintainer",
    ]) {
      expect(await berth(words)).toMatchObject({ code: 0 });
    }
    expect(await json("user show jane")).toMatchObject({
      name: "jane",
      groups: ["web"],
      roles: [
        { project: "team", role: "developer" },
        { project: "tools", role: "maintainer" },
      ],
    });
    expect((await berth("user show jane")).output).toMatch(
      /^groups: +web$[^]*^roles:\n {2}PROJECT {2}ROLE\n/m,
    );
  });

  it.each([
    ["--admin", { systemAdmin: true }],
    ["--no-create-projects", { mayCreateProjects: false }],
    ["--disable", { disabled: true }],
    ["--enable", { disabled: false }],
    ["--description operations", { description: "operations" }],
    ["--no-admin --create-projects", { systemAdmin: false, mayCreateProjects: true }],
  ])("set %s changes that and nothing else", async (options, change) => {
    const { json } = await withUsers();
    const before = (await json("user show jane")) as object;
    await json(`user set jane ${options}`);
    expect(await json("user show jane")).toEqual({ ...before, ...change });
  });

  it.each([
    ["user set jane", 2, /nothing to change/],
    ["user set jane --enable --disable", 2, /cannot be used with/],
    ["user set nobody --disable", 1, /^error: there is no user called nobody\n$/],
    [
      "user set admin --no-admin",
      1,
      /^error: admin is the last system administrator: make another user .* first\n$/,
    ],
    ["user set admin --disable", 1, /last system administrator/],
    ["user remove admin --yes", 1, /last system administrator/],
    ["user remove nobody --yes", 1, /there is no user called nobody/],
    ["user show nobody", 1, /there is no user called nobody/],
    ["user passwd nobody --password-stdin", 1, /there is no user called nobody/],
    ["user remove jane", 1, /no terminal to ask on, so nothing was changed: add --yes/],
    ["user lst", 2, /unknown command 'lst'\n\(Did you mean list\?\)/],
  ])("%s is refused with %i", async (words, code, sentence) => {
    const { berth, json } = await withUsers();
    const outcome = await berth(words, { piped: password });
    expect(outcome).toMatchObject({ code, output: "" });
    expect(outcome.errors).toMatch(sentence);
    expect(await json("user list")).toMatchObject([
      { name: "admin", systemAdmin: true, disabled: false },
      { name: "jane", disabled: false },
    ]);
  });

  it("lets an administrator go when there is another", async () => {
    const { berth } = await withUsers();
    expect(await berth("user set jane --admin")).toMatchObject({ code: 0 });
    expect(await berth("user remove admin --yes")).toMatchObject({
      code: 0,
      output: "removed the user admin\n",
    });
  });

  it("passwd replaces the password", async () => {
    const { berth, data } = await withUsers();
    expect(await berth("user passwd jane --password-stdin", { piped: password })).toMatchObject({ code: 0 });
    const other = "another horse";
    expect(await berth("user passwd jane", { answers: [other, other] })).toMatchObject({
      code: 0,
      output: "jane has a new password\n",
    });
    expect(await passwordIs(data, "jane", password)).toBe(false);
    expect(await passwordIs(data, "jane", other)).toBe(true);
  });

  it.each([
    ["y", 0],
    ["YES ", 0],
    ["n", 1],
    ["", 1],
    ["yessir", 1],
  ])("remove asks, and %j ends with %i", async (answer, code) => {
    const { berth, json } = await withUsers();
    const outcome = await berth("user remove jane", { answers: [answer] });
    expect(outcome).toMatchObject({
      code,
      questions: ["Remove the user jane with all access tokens and roles? [y/N]"],
    });
    expect(await json("user list")).toHaveLength(code === 0 ? 1 : 2);
  });
});
