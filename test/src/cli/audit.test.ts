// The audit trail and the command line: each change leaves its line, no secret does, and `berth audit` reads it.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { registryAtHand, type RegistryAtHand } from "./registry-at-hand.ts";

interface Entry {
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly outcome: string;
  readonly detail: string;
}

const password = "planted-password-of-jane";

/** Every command that changes something, with what it leaves in the trail. */
const changes: readonly (readonly [string, Partial<Entry>])[] = [
  ["user add admin --admin --no-password", { action: "user.create", target: "admin" }],
  [
    "user add jane --password-stdin",
    { action: "user.create", target: "jane", detail: "mayCreateProjects: true" },
  ],
  ["user set jane --disable", { action: "user.change", target: "jane", detail: "disabled: true" }],
  ["user passwd jane --password-stdin", { action: "user.password", target: "jane", detail: "" }],
  ["project add team --public", { action: "project.create", target: "team", detail: "public: true" }],
  ["project set team --private", { action: "project.change", target: "team", detail: "public: false" }],
  [
    "project member set team jane --role guest",
    { action: "member.set", target: "team user jane", detail: "role: guest" },
  ],
  ["project member remove team jane", { action: "member.remove", target: "team user jane" }],
  ["group add web", { action: "group.create", target: "web" }],
  ["group member add web jane", { action: "group.add", target: "web jane" }],
  ["group member remove web jane", { action: "group.remove", target: "web jane" }],
  ["group remove web --yes", { action: "group.delete", target: "web" }],
  ["robot add ci --allow pull", { action: "robot.create", target: "ci", detail: 'actions: ["pull"]' }],
  ["robot set ci --expires never", { action: "robot.change", target: "ci", detail: "expiresAt: null" }],
  ["robot rotate ci", { action: "robot.rotate", target: "ci" }],
  ["robot revoke ci ID", { action: "robot.secret.delete" }],
  ["robot remove ci --yes", { action: "robot.delete", target: "ci" }],
  ["token add jane --label laptop", { action: "token.create", target: "jane", detail: "label: laptop" }],
  ["token revoke jane ID", { action: "token.revoke" }],
  ["project remove team --yes", { action: "project.delete", target: "team" }],
  ["user remove jane --yes", { action: "user.delete", target: "jane" }],
];

/** Gives the secrets that were printed. */
async function makeAllChanges({ berth, json }: RegistryAtHand): Promise<string[]> {
  const printed: string[] = [];
  for (const [words] of changes) {
    let args = words;
    if (words.endsWith("ID")) {
      const list = words.startsWith("robot") ? "robot show ci" : "token list jane";
      args = words.replace("ID", /"id":"([^"]+)"/.exec(JSON.stringify(await json(list)))?.[1] ?? "none");
    }
    const { code, output, errors } = await berth(args, { piped: password });
    expect({ args, code, errors }).toMatchObject({ code: 0 });
    printed.push(...(output.match(/berth_(?:pat|robot)_\w+/g) ?? []));
  }
  return printed;
}

describe("a change by the command line", () => {
  it("leaves its line in the trail, by whom and what, and no secret anywhere", async () => {
    const registry = await registryAtHand();
    const secrets = await makeAllChanges(registry);
    const entries = (await registry.json("audit --limit 1000")) as Entry[];
    expect(entries.toReversed()).toMatchObject(
      changes.map(([, entry]) => ({ ...entry, actor: "cli:operator", outcome: "allowed" })),
    );
    expect(secrets).toHaveLength(3);
    for (const file of readdirSync(registry.data)) {
      const content = readFileSync(join(registry.data, file), "latin1");
      for (const secret of [password, ...secrets]) expect(content.includes(secret)).toBe(false);
    }
  });

  it("that is refused is there too, with the reason", async () => {
    const { berth, json } = await registryAtHand();
    await berth("user add admin --admin --no-password");
    await berth("user remove admin --yes");
    expect(await json("audit --limit 1")).toMatchObject([
      {
        action: "user.delete",
        target: "admin",
        outcome: "failed",
        detail: expect.stringMatching(/^admin is the last system administrator/) as string,
        address: null,
        requestId: null,
      },
    ]);
  });

  it("that was never tried is not, nor is what only reads", async () => {
    const { berth, json } = await registryAtHand();
    for (const words of ["user list", "user add jane", "user remove jane", "robot add ci", "audit"])
      await berth(words);
    expect(await json("audit")).toEqual([]);
  });

  it("with an endless target leaves no endless line", async () => {
    const { berth, json } = await registryAtHand();
    await berth(["project", "set", "x".repeat(100_000), "--public"]);
    const [entry] = (await json("audit")) as Entry[];
    expect(entry?.target).toHaveLength(1000);
    expect(entry?.detail.length).toBeLessThanOrEqual(1000);
  });
});

describe("berth audit", () => {
  it.each([
    ["audit", 4],
    ["audit --limit 2", 2],
    ["audit --action user.create", 2],
    ["audit --outcome failed", 1],
    ["audit --actor cli:operator --action project.create", 1],
    ["audit --actor somebody", 0],
  ])("%s shows %i entries", async (words, count) => {
    const { berth, json } = await registryAtHand();
    for (const change of [
      "user add admin --admin --no-password",
      "user add jane --no-password",
      "project add team",
    ]) {
      await berth(change);
    }
    await berth("user remove nobody --yes");
    expect(await json(words)).toHaveLength(count);
  });

  it("shows a table, newest first", async () => {
    const { berth } = await registryAtHand();
    await berth("project add team --public");
    await berth("project add base");
    expect((await berth("audit")).output).toBe(
      [
        "AT                 ACTOR         ACTION          TARGET  OUTCOME  ADDRESS  DETAIL",
        "2026-11-21 12:00Z  cli:operator  project.create  base    allowed  -        -",
        "2026-11-21 12:00Z  cli:operator  project.create  team    allowed  -        public: true",
        "",
      ].join("\n"),
    );
  });

  it.each(["0", "-1", "10001", "many", "1.5"])("does not take %s for a limit", async (limit) => {
    const { berth } = await registryAtHand();
    expect(await berth(["audit", `--limit=${limit}`])).toMatchObject({
      code: 2,
      errors: expect.stringContaining("Give a number from 1 to 10000.") as string,
    });
  });

  it("does not take any word for an outcome", async () => {
    const { berth } = await registryAtHand();
    expect((await berth("audit --outcome bad")).code).toBe(2);
  });
});
