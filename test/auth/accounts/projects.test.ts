// Projects and their members as the admin API, the command line and a push make, change and remove them.
import { describe, expect, it } from "vitest";
import type { AccessErrorCode } from "../../../auth/access-error.ts";
import type { NewProject, ProjectChange } from "../../../auth/accounts/projects.ts";
import { anonymous } from "../../../auth/principal.ts";
import type { MemberRecord } from "../../../storage/metadata/access-records.ts";
import { manifestOf } from "../../contracts/metadata-store-fixture.ts";
import { scratchDirectory } from "../../support/scratch-directory.ts";
import { openAccounts, principalOf, start } from "./open-accounts.ts";
import { expectRefused } from "./refused.ts";

async function openWithProject() {
  const accounts = await openAccounts();
  await accounts.projects.create({ name: "team" });
  const ada = principalOf("user", await accounts.users.create({ name: "ada" }));
  const { robot } = await accounts.robots.create({ name: "ci", actions: ["pull"] });
  await accounts.groups.create({ name: "crew" });
  return { ...accounts, ada, ci: principalOf("robot", robot) };
}

describe("making a project", () => {
  it.each<[string, NewProject, object]>([
    ["a private one", { name: "x" }, { public: false, description: "" }],
    ["a public one", { name: "x", public: true }, { public: true }],
    ["a described one", { name: "x", description: "of X" }, { description: "of X" }],
    ["one named as a registry", { name: "docker.io" }, {}],
    ["one with each separator", { name: "a.b_c__d-e---f0" }, {}],
    ["one of 128 characters", { name: "p".repeat(128) }, {}],
  ])("makes %s", async (_, project, expected) => {
    const { projects } = await openAccounts();
    const made = await projects.create(project);
    expect(made).toMatchObject({ name: project.name, createdAt: start, ...expected });
    expect(await projects.get(project.name)).toEqual(made);
  });

  it.each<[string, NewProject, AccessErrorCode, RegExp]>([
    ["no name", { name: "" }, "invalid", /choose a project name of at most 128 characters/],
    ["129 characters", { name: "p".repeat(129) }, "invalid", /choose a project name/],
    ["capitals", { name: "Team" }, "invalid", /choose a project name/],
    ["two segments", { name: "a/b" }, "invalid", /choose a project name/],
    ["a way up", { name: ".." }, "invalid", /choose a project name/],
    ["two dots in a row", { name: "a..b" }, "invalid", /choose a project name/],
    ["three underscores", { name: "a___b" }, "invalid", /choose a project name/],
    ["a hyphen at the end", { name: "a-" }, "invalid", /choose a project name/],
    ["a line end", { name: "a\n" }, "invalid", /choose a project name/],
    ["a name that is taken", { name: "team" }, "taken", /there is a project called team already/],
    ["a description of two lines", { name: "x", description: "a\nb" }, "invalid", /in one line/],
  ])("refuses %s", async (_, project, code, sentence) => {
    const accounts = await openWithProject();
    await expectRefused(accounts, () => accounts.projects.create(project), code, sentence);
  });

  it("makes its user the maintainer, and of a robot nothing", async () => {
    const { projects, ada, ci } = await openWithProject();
    await projects.create({ name: "hers" }, ada);
    await projects.create({ name: "its" }, ci);
    const members = async (name: string) => (await projects.listMembers(name, { limit: 10 })).entries;
    expect(await members("hers")).toEqual([{ kind: "account", name: "ada", role: "maintainer" }]);
    expect(await members("its")).toEqual([]);
  });
});

describe("making a project by a push", () => {
  it("makes it private, its user the maintainer", async () => {
    const { projects, ada } = await openWithProject();
    await projects.createOnPush(ada, "new");
    expect(await projects.get("new")).toMatchObject({ public: false, description: "" });
    expect((await projects.listMembers("new", { limit: 10 })).entries).toEqual([
      { kind: "account", name: "ada", role: "maintainer" },
    ]);
  });

  it("leaves one that is there as it is", async () => {
    const { projects, ada } = await openWithProject();
    const before = await projects.get("team");
    await projects.createOnPush(ada, "team");
    expect(await projects.get("team")).toEqual(before);
    expect((await projects.listMembers("team", { limit: 10 })).entries).toEqual([]);
  });

  it("takes no name that could not be a project", async () => {
    const accounts = await openWithProject();
    const call = () => accounts.projects.createOnPush(accounts.ada, "p".repeat(129));
    await expectRefused(accounts, call, "invalid", /choose a project name/);
  });

  it.each([anonymous, { kind: "external", subject: "somebody" } as const])(
    "is not for whoever has no account: %j",
    async (principal) => {
      const accounts = await openWithProject();
      const call = () => accounts.projects.createOnPush(principal, "new");
      await expectRefused(accounts, call, "invalid", /sign in to create the project new/);
    },
  );

  it("of twenty at once in two processes succeeds for all, and one alone becomes the maintainer", async () => {
    const path = `${await scratchDirectory()}/berth.sqlite`;
    const one = await openAccounts({ path, process: "one " });
    const other = await openAccounts({ path, process: "other " });
    const names = Array.from({ length: 10 }, (_, number) => `user${number}`);
    const users = await Promise.all(names.map((name) => one.users.create({ name })));
    const principals = users.map((user) => principalOf("user", user));
    await Promise.all(
      principals.flatMap((principal) => [
        one.projects.createOnPush(principal, "new"),
        other.projects.createOnPush(principal, "new"),
      ]),
    );
    const { entries } = await one.projects.listMembers("new", { limit: 100 });
    expect(entries).toMatchObject([{ role: "maintainer" }]);
    for (const { authorizer } of [one, other]) {
      const push = { kind: "repository", name: "new/app", action: "push" } as const;
      const decisions = await Promise.all(principals.map((principal) => authorizer.decide(principal, push)));
      const pushers = principals.filter((_, index) => decisions[index]?.allowed);
      expect(pushers.map((principal) => principal.name)).toEqual([entries[0]?.name]);
    }
  });
});

describe("changing a project", () => {
  it.each<[ProjectChange, object]>([
    [{ public: true }, { public: true }],
    [{ description: "the team's" }, { description: "the team's" }],
    [{ public: true, description: undefined }, { public: true }],
    [{}, {}],
  ])("%j changes that and nothing else", async (change, expected) => {
    const { projects } = await openWithProject();
    const before = await projects.get("team");
    expect(await projects.change("team", change)).toEqual({ ...before, ...expected });
    expect(await projects.get("team")).toEqual({ ...before, ...expected });
  });

  it("is refused for what is not there, and for what nobody could read", async () => {
    const accounts = await openWithProject();
    const { projects } = accounts;
    const change = (name: string, description: string) => () => projects.change(name, { description });
    await expectRefused(accounts, change("gone", "x"), "unknown", /there is no project called gone/);
    await expectRefused(accounts, change("team", "x\ty"), "invalid", /in one line/);
    await expectRefused(accounts, () => projects.get("gone"), "unknown", /no project called gone/);
  });
});

describe("deleting a project", () => {
  it("takes its robots and members along", async () => {
    const accounts = await openWithProject();
    const { projects, robots } = accounts;
    await robots.create({ name: "bound", project: "team", actions: ["pull"] });
    await projects.setMember("team", { kind: "account", name: "ada", role: "guest" });
    await projects.delete("team");
    await expectRefused(accounts, () => projects.get("team"), "unknown", /no project called team/);
    await expectRefused(accounts, () => robots.get("bound"), "unknown", /no robot called bound/);
    await expectRefused(accounts, () => projects.delete("team"), "unknown", /no project called team/);
  });

  it.each([
    ["team", "team/app"],
    ["library", "alpine"],
    ["library", "library/alpine"],
  ])("is refused for %s while it holds %s", async (project, repository) => {
    const accounts = await openWithProject();
    if (project === "library") await accounts.projects.create({ name: "library" });
    await accounts.metadata.manifests.commit(manifestOf(repository, "content"));
    const call = () => accounts.projects.delete(project);
    await expectRefused(accounts, call, "needed", new RegExp(`the project ${project} holds repositories`));
    await accounts.projects.get(project);
  });
});

describe("listing projects", () => {
  it("gives what the caller may see, page by page", async () => {
    const { projects, defaultProject } = await openAccounts();
    for (const name of ["a", "b", "c"]) await projects.create({ name, public: name === "b" });
    const some = { kind: "projects", projects: ["c"], defaultProject } as const;
    const names = async (page: Parameters<typeof projects.list>[0]) => {
      const { entries, more } = await projects.list(page);
      return [entries.map((project) => project.name), more];
    };
    expect(await names({ limit: 10, visibility: { kind: "all" } })).toEqual([["a", "b", "c"], false]);
    expect(await names({ limit: 1, visibility: some })).toEqual([["b"], true]);
    expect(await names({ limit: 1, visibility: some, after: "b" })).toEqual([["c"], false]);
  });
});

describe("members", () => {
  it("get a role, another in its place, and lose it", async () => {
    const { projects } = await openWithProject();
    const members = async () => (await projects.listMembers("team", { limit: 10 })).entries;
    const ada = { kind: "account", name: "ada" } as const;
    const crew = { kind: "group", name: "crew" } as const;
    await projects.setMember("team", { ...ada, role: "guest" });
    await projects.setMember("team", { ...crew, role: "developer" });
    await projects.setMember("team", { ...ada, role: "maintainer" });
    expect(await members()).toEqual([
      { ...ada, role: "maintainer" },
      { ...crew, role: "developer" },
    ]);
    await projects.removeMember("team", ada);
    expect(await members()).toEqual([{ ...crew, role: "developer" }]);
  });

  it.each<[string, string, Omit<MemberRecord, "role">, RegExp]>([
    ["of a project that is not there", "gone", { kind: "account", name: "ada" }, /no project called gone/],
    ["a user who is not there", "team", { kind: "account", name: "nobody" }, /no user called nobody/],
    ["a robot, which has no roles", "team", { kind: "account", name: "ci" }, /that is the name of a robot/],
    ["a group that is not there", "team", { kind: "group", name: "none" }, /there is no group called none/],
    ["a user as a group", "team", { kind: "group", name: "ada" }, /there is no group called ada/],
  ])("can't be %s", async (_, project, member, sentence) => {
    const accounts = await openWithProject();
    const call = () => accounts.projects.setMember(project, { ...member, role: "guest" });
    await expectRefused(accounts, call, "unknown", sentence);
  });

  it("can't be removed who are none, nor listed where there is no project", async () => {
    const accounts = await openWithProject();
    const { projects } = accounts;
    const remove = (project: string) => () =>
      projects.removeMember(project, { kind: "account", name: "ada" });
    await expectRefused(accounts, remove("team"), "unknown", /no member that is the user called ada/);
    await expectRefused(accounts, remove("gone"), "unknown", /no project called gone/);
    const list = () => projects.listMembers("gone", { limit: 1 });
    await expectRefused(accounts, list, "unknown", /no project called gone/);
  });
});

describe("every change", () => {
  it("is seen at once by this process", async () => {
    const { projects, revision, access, ada } = await openWithProject();
    const member = { kind: "account", name: "ada" } as const;
    const steps = [
      () => projects.create({ name: "x" }),
      () => projects.change("x", { public: true }),
      () => projects.createOnPush(ada, "y"),
      () => projects.setMember("x", { ...member, role: "guest" }),
      () => projects.removeMember("x", member),
      () => projects.delete("x"),
    ];
    for (const step of steps) {
      const before = revision.current;
      await step();
      expect(revision.current).toBe(await access.revision());
      expect(revision.current).not.toBe(before);
    }
  });
});
