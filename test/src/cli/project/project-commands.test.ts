// `berth project …` and `berth group …` on a real database.
import { describe, expect, it } from "vitest";
import { registryAtHand } from "../registry-at-hand.ts";

async function withTeam() {
  const registry = await registryAtHand();
  for (const words of [
    "project add team --description web",
    "project add base --public",
    "user add jane --no-password",
    "group add web --description designers",
    "group member add web jane",
    "robot add ci --project team --allow pull",
  ]) {
    await registry.json(words);
  }
  return registry;
}

describe("berth project", () => {
  it("add, list and show tell what it is", async () => {
    const { berth, json } = await withTeam();
    const unused = { createdAt: "2026-11-21T12:00:00.000Z", usedBytes: 0, maxBytes: null };
    expect(await json("project list")).toEqual([
      { name: "base", public: true, description: "", ...unused },
      { name: "team", public: false, description: "web", ...unused },
    ]);
    expect(await json("project show team")).toMatchObject({ name: "team", robots: ["ci"], members: [] });
    expect((await berth("project list")).output).toMatch(/^NAME {2}PUBLIC .*\nbase {2}yes /);
  });

  it.each([
    ["--public", { public: true }],
    ["--private", { public: false }],
    ["--description tools", { description: "tools" }],
  ])("set %s changes that and nothing else", async (option, change) => {
    const { json } = await withTeam();
    for (const name of ["team", "base"]) {
      const before = (await json(`project show ${name}`)) as object;
      await json(`project set ${name} ${option}`);
      expect(await json(`project show ${name}`)).toEqual({ ...before, ...change });
    }
  });

  it.each([
    ["--quota 10GiB", 10 * 1024 ** 3],
    ["--quota 1.5MiB", 1.5 * 1024 ** 2],
    ["--quota 700", 700],
    ["--quota none", null],
  ])("set %s bounds what it may hold", async (option, maxBytes) => {
    const { json } = await withTeam();
    await json("project set team --quota 5");
    await json(`project set team ${option}`);
    expect(await json("project show team")).toMatchObject({ maxBytes, usedBytes: 0 });
  });

  it("set --quota wants a size", async () => {
    const { berth } = await withTeam();
    for (const wrong of ["ten", "10GB", "-1", "1e9"]) {
      const { code, errors } = await berth(`project set team --quota ${wrong}`);
      expect([wrong, code]).toEqual([wrong, 2]);
      expect(errors).toMatch(/500MiB, 10GiB, 1.5TiB; or none|unknown option/);
    }
  });

  it("member set, list and remove", async () => {
    const { berth, json } = await withTeam();
    expect(await berth("project member set team jane --role guest")).toMatchObject({
      code: 0,
      output: "jane is guest in the project team\n",
    });
    expect(await json("project member set team jane --role maintainer")).toEqual({
      project: "team",
      kind: "user",
      name: "jane",
      role: "maintainer",
    });
    await json("project member set team web --group --role developer");
    expect(await json("project member list team")).toEqual([
      { kind: "user", name: "jane", role: "maintainer" },
      { kind: "group", name: "web", role: "developer" },
    ]);
    expect(await json("project member remove team web --group")).toEqual({
      project: "team",
      kind: "group",
      name: "web",
      removed: true,
    });
    expect((await berth("project member list team")).output).toBe(
      "KIND  NAME  ROLE\nuser  jane  maintainer\n",
    );
  });

  it.each([
    ["project add team", 1, /there is a project called team already/],
    ["project add Team", 1, /choose a project name/],
    ["project add team/app", 1, /choose a project name/],
    ["project set team", 2, /nothing to change/],
    ["project set team --public --private", 2, /cannot be used with/],
    ["project set nope --public", 1, /there is no project called nope/],
    ["project show nope", 1, /there is no project called nope/],
    ["project remove nope --yes", 1, /there is no project called nope/],
    ["project remove team", 1, /add --yes/],
    ["project member set team jane", 2, /required option '--role <role>'/],
    ["project member set team jane --role admin", 2, /Allowed choices are guest, developer, maintainer/],
    ["project member set nope jane --role guest", 1, /there is no project called nope/],
    ["project member set team nobody --role guest", 1, /there is no user called nobody/],
    ["project member set team jane --group --role guest", 1, /there is no group called jane/],
    ["project member set team ci --role guest", 1, /that is the name of a robot/],
    ["project member remove team jane", 1, /has no member that is the user called jane/],
    ["project member list nope", 1, /there is no project called nope/],
    ["project member", 2, /Usage: berth project member/],
  ])("%s is refused with %i", async (words, code, sentence) => {
    const { berth } = await withTeam();
    const outcome = await berth(words);
    expect(outcome).toMatchObject({ code, output: "" });
    expect(outcome.errors).toMatch(sentence);
  });

  it("remove takes its robots with it", async () => {
    const { berth, json } = await withTeam();
    expect(await berth("project remove team", { answers: ["y"] })).toMatchObject({ code: 0 });
    expect(await json("robot list")).toEqual([]);
  });
});

describe("berth group", () => {
  it("add, list and show tell who is in it", async () => {
    const { berth, json } = await withTeam();
    expect(await json("group list")).toEqual([
      { name: "web", description: "designers", createdAt: "2026-11-21T12:00:00.000Z" },
    ]);
    expect(await json("group show web")).toMatchObject({ name: "web", users: ["jane"] });
    expect((await berth("group show web")).output).toMatch(/^users: +jane$/m);
    expect(await json("group member remove web jane")).toEqual({ group: "web", user: "jane", removed: true });
    expect(await json("group show web")).toMatchObject({ users: [] });
    expect(await berth("group remove web --yes")).toMatchObject({
      code: 0,
      output: "removed the group web\n",
    });
    expect(await json("group list")).toEqual([]);
  });

  it.each([
    ["group add web", 1, /there is a group called web already/],
    ["group add W", 1, /choose a name/],
    ["group show nope", 1, /there is no group called nope/],
    ["group remove nope --yes", 1, /there is no group called nope/],
    ["group remove web", 1, /add --yes/],
    ["group member add web nobody", 1, /there is no user called nobody/],
    ["group member add nope jane", 1, /there is no group called nope/],
    ["group member add web", 2, /missing required argument 'user'/],
    ["group member remove web admin", 1, /admin is not in the group web/],
  ])("%s is refused with %i", async (words, code, sentence) => {
    const { berth } = await withTeam();
    const outcome = await berth(words);
    expect(outcome).toMatchObject({ code, output: "" });
    expect(outcome.errors).toMatch(sentence);
  });
});

describe("a project of an upstream", () => {
  it.each([
    ["project add quay.io", /choose another name: quay\.io leads to an upstream/],
    ["project add q", /choose another name: q leads to an upstream/],
    ["project set quay.io --public", /change the configuration: upstreams says of quay\.io/],
    ["project remove quay.io --yes", /change the configuration: upstreams says of quay\.io/],
  ])("is the configuration's: %s is refused", async (words, sentence) => {
    const upstreams = JSON.stringify([{ host: "quay.io", prefixes: ["q"] }]);
    const { berth } = await registryAtHand({ environment: { BERTH_UPSTREAMS: upstreams } });
    const { code, errors } = await berth(words);
    expect(code).not.toBe(0);
    expect(errors).toMatch(sentence);
  });
});
