// Robots as the admin API and the command line make, change and remove them, and their two secrets.
import { describe, expect, it } from "vitest";
import type { AccessErrorCode } from "../../../auth/access-error.ts";
import type { NewRobot, RobotChange } from "../../../auth/accounts/robots.ts";
import { hashSecret, isSecret } from "../../../auth/accounts/secrets.ts";
import { openAccounts, start, type OpenAccounts } from "./open-accounts.ts";
import { expectRefused } from "./refused.ts";

const later = start + 60_000;

async function openWithRobots() {
  const accounts = await openAccounts();
  await accounts.projects.create({ name: "team" });
  await accounts.users.create({ name: "ada" });
  await accounts.robots.create({ name: "ci", project: "team", actions: ["pull", "push"], expiresAt: later });
  await accounts.robots.create({ name: "wide", actions: ["pull"] });
  return accounts;
}

const ownerOf = async ({ access }: OpenAccounts, secret: string) =>
  (await access.secrets.findByHash(hashSecret(secret)))?.account.name;

describe("making a robot", () => {
  it.each<[string, NewRobot, object]>([
    [
      "one of a project",
      { name: "r1", project: "team", actions: ["push", "pull"] },
      { project: "team", actions: ["pull", "push"], mayCreateProjects: false, expiresAt: undefined },
    ],
    [
      "one of every project",
      { name: "r1", actions: ["delete"] },
      { project: undefined, actions: ["delete"] },
    ],
    [
      "one that may make projects",
      { name: "r1", actions: ["push"], mayCreateProjects: true },
      { mayCreateProjects: true },
    ],
    ["one that expires", { name: "r1", actions: ["pull"], expiresAt: start + 1 }, { expiresAt: start + 1 }],
    ["one action said twice", { name: "r1", actions: ["pull", "pull"] }, { actions: ["pull"] }],
    ["a described one", { name: "r1", actions: ["pull"], description: "CI" }, { description: "CI" }],
  ])("makes %s", async (_, robot, expected) => {
    const accounts = await openWithRobots();
    const made = await accounts.robots.create(robot);
    expect(made.robot).toMatchObject({ name: "r1", disabled: false, createdAt: start, ...expected });
    expect(await accounts.robots.get("r1")).toEqual(made.robot);
    expect(isSecret(made.secret)).toBe(true);
    expect(made.secret).toMatch(/^berth_robot_/);
    expect(await ownerOf(accounts, made.secret)).toBe("r1");
  });

  const plain = { name: "r1", actions: ["pull"] };
  it.each<[string, NewRobot, AccessErrorCode, RegExp]>([
    ["a name that Basic could not carry", { ...plain, name: "robot$ci:x" }, "invalid", /choose a name/],
    ["a user's name", { ...plain, name: "ada" }, "taken", /is called ada already/],
    ["a robot's name", { ...plain, name: "ci" }, "taken", /is called ci already/],
    [
      "a project that is not there",
      { ...plain, project: "gone" },
      "unknown",
      /no project called gone: create/,
    ],
    ["no action", { ...plain, actions: [] }, "invalid", /name one or more of the actions pull, push, delete/],
    ["an unknown action", { ...plain, actions: ["pull", "admin"] }, "invalid", /name one or more/],
    ["an action in capitals", { ...plain, actions: ["PULL"] }, "invalid", /name one or more/],
    ["a wildcard", { ...plain, actions: ["*"] }, "invalid", /name one or more/],
    ["an expiry now", { ...plain, expiresAt: start }, "invalid", /choose an expiry in the future, or none/],
    ["an expiry in the past", { ...plain, expiresAt: start - 1 }, "invalid", /in the future/],
    ["an expiry that is no number", { ...plain, expiresAt: NaN }, "invalid", /in the future/],
    ["an endless expiry", { ...plain, expiresAt: Infinity }, "invalid", /in the future/],
    ["a description of two lines", { ...plain, description: "a\r\nb" }, "invalid", /in one line/],
    [
      "one of a project that may make others",
      { ...plain, project: "team", mayCreateProjects: true },
      "invalid",
      /belongs to no project/,
    ],
  ])("refuses %s", async (_, robot, code, sentence) => {
    const accounts = await openWithRobots();
    await expectRefused(accounts, () => accounts.robots.create(robot), code, sentence);
  });
});

describe("changing a robot", () => {
  it.each<[string, RobotChange, object]>([
    ["ci", { description: "of CI" }, { description: "of CI" }],
    ["ci", { disabled: true }, { disabled: true }],
    ["ci", { actions: ["delete", "pull"] }, { actions: ["pull", "delete"] }],
    ["ci", { expiresAt: later + 1 }, { expiresAt: later + 1 }],
    ["ci", { expiresAt: null }, { expiresAt: undefined }],
    ["ci", { expiresAt: undefined, actions: undefined }, {}],
    ["ci", { mayCreateProjects: false }, {}],
    ["wide", { mayCreateProjects: true }, { mayCreateProjects: true }],
  ])("%s: %j changes that and nothing else", async (name, change, expected) => {
    const { robots } = await openWithRobots();
    const before = await robots.get(name);
    expect(await robots.change(name, change)).toEqual({ ...before, ...expected });
    expect(await robots.get(name)).toEqual({ ...before, ...expected });
  });

  it.each<[string, RobotChange, AccessErrorCode, RegExp]>([
    ["nobody", {}, "unknown", /there is no robot called nobody$/],
    ["ada", {}, "unknown", /no robot called ada: that is the name of a user/],
    ["ci", { actions: [] }, "invalid", /name one or more/],
    ["ci", { expiresAt: start }, "invalid", /in the future/],
    ["ci", { mayCreateProjects: true }, "invalid", /belongs to no project/],
    ["ci", { description: "x".repeat(1001) }, "invalid", /at most 1000/],
  ])("refuses for %s: %j", async (name, change, code, sentence) => {
    const accounts = await openWithRobots();
    await expectRefused(accounts, () => accounts.robots.change(name, change), code, sentence);
  });
});

describe("the secrets of a robot", () => {
  it("are two at a time: a third drops the oldest", async () => {
    const accounts = await openAccounts();
    const { robots, clock } = accounts;
    const secrets = [(await robots.create({ name: "ci", actions: ["pull"] })).secret];
    for (let times = 0; times < 2; times++) {
      clock.now += 1000;
      secrets.push((await robots.rotate("ci")).secret);
    }
    const owners = await Promise.all(secrets.map((secret) => ownerOf(accounts, secret)));
    expect(owners).toEqual([undefined, "ci", "ci"]);
    expect((await robots.listSecrets("ci")).map((secret) => secret.createdAt)).toEqual([
      start + 2000,
      start + 1000,
    ]);
  });

  it("are listed without what could be used", async () => {
    const { robots } = await openWithRobots();
    const [secret, ...more] = await robots.listSecrets("ci");
    expect(more).toEqual([]);
    const keys = ["actions", "createdAt", "expiresAt", "id", "label", "lastUsedAt"];
    expect(Object.keys(secret ?? {}).sort()).toEqual(keys);
  });

  it("are revoked one by one", async () => {
    const accounts = await openAccounts();
    const { robots } = accounts;
    const { secret } = await robots.create({ name: "ci", actions: ["pull"] });
    const [listed] = await robots.listSecrets("ci");
    await robots.deleteSecret("ci", listed?.id ?? "");
    expect(await ownerOf(accounts, secret)).toBeUndefined();
    expect(await robots.listSecrets("ci")).toEqual([]);
  });

  it("are not revoked by way of another robot", async () => {
    const accounts = await openWithRobots();
    const [secret] = await accounts.robots.listSecrets("ci");
    const call = () => accounts.robots.deleteSecret("wide", secret?.id ?? "");
    await expectRefused(accounts, call, "unknown", /the robot wide has no secret .*: list its secrets/);
    expect(await accounts.robots.listSecrets("ci")).toHaveLength(1);
  });

  it("are nobody's to ask for where there is no such robot", async () => {
    const accounts = await openWithRobots();
    const { robots } = accounts;
    for (const name of ["nobody", "ada"]) {
      await expectRefused(accounts, () => robots.rotate(name), "unknown", /no robot called/);
      await expectRefused(accounts, () => robots.listSecrets(name), "unknown", /no robot called/);
      await expectRefused(accounts, () => robots.deleteSecret(name, "x"), "unknown", /no robot called/);
      await expectRefused(accounts, () => robots.delete(name), "unknown", /no robot called/);
      await expectRefused(accounts, () => robots.get(name), "unknown", /no robot called/);
    }
  });

  it("go with the robot", async () => {
    const accounts = await openAccounts();
    const { secret } = await accounts.robots.create({ name: "ci", actions: ["pull"] });
    await accounts.robots.delete("ci");
    expect(await ownerOf(accounts, secret)).toBeUndefined();
    await expectRefused(accounts, () => accounts.robots.get("ci"), "unknown", /no robot called ci/);
  });
});

describe("listing robots", () => {
  it("gives all, or those of one project, page by page", async () => {
    const { robots } = await openWithRobots();
    await robots.create({ name: "aa", project: "team", actions: ["pull"] });
    const names = async (page: Parameters<typeof robots.list>[0]) => {
      const { entries, more } = await robots.list(page);
      return [entries.map((robot) => robot.name), more];
    };
    expect(await names({ limit: 10 })).toEqual([["aa", "ci", "wide"], false]);
    expect(await names({ limit: 1, project: "team" })).toEqual([["aa"], true]);
    expect(await names({ limit: 1, project: "team", after: "aa" })).toEqual([["ci"], false]);
  });
});

describe("every change", () => {
  it("is seen at once by this process", async () => {
    const { robots, revision, access } = await openAccounts();
    const steps = [
      () => robots.create({ name: "ci", actions: ["pull"] }),
      () => robots.change("ci", { disabled: true }),
      () => robots.rotate("ci"),
      async () => robots.deleteSecret("ci", (await robots.listSecrets("ci"))[0]?.id ?? ""),
      () => robots.delete("ci"),
    ];
    for (const step of steps) {
      const before = revision.current;
      await step();
      expect(revision.current).toBe(await access.revision());
      expect(revision.current).not.toBe(before);
    }
  });
});
