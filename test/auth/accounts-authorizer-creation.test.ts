// A push to a project that is not there: the decision says so, the project is made, and the next decision counts.
import { describe, expect, it } from "vitest";
import type { Access } from "../../auth/access.ts";
import { openAccounts, principalOf } from "./accounts/open-accounts.ts";

const pull: Access = { kind: "repository", name: "team/app", action: "pull" };
const push: Access = { kind: "repository", name: "team/app", action: "push" };
const remove: Access = { kind: "repository", name: "team/app", action: "delete" };

describe("a project made by a push", () => {
  it("is what the decision spoke of, and from then on there", async () => {
    const { authorizer, users, projects } = await openAccounts();
    const user = principalOf("user", await users.create({ name: "ada" }));
    expect(await authorizer.decide(user, push)).toEqual({ allowed: true, creates: "team" });
    await authorizer.createProject(user, "team");
    expect(await projects.get("team")).toMatchObject({ name: "team", public: false });
    for (const access of [pull, push, remove]) {
      expect(await authorizer.decide(user, access)).toEqual({ allowed: true });
    }
  });

  it("lets a robot in that may make it, and no member", async () => {
    const { authorizer, robots, projects } = await openAccounts();
    const made = await robots.create({ name: "ci", actions: ["pull", "push"], mayCreateProjects: true });
    const principal = principalOf("robot", made.robot);
    expect(await authorizer.decide(principal, push)).toEqual({ allowed: true, creates: "team" });
    await authorizer.createProject(principal, "team");
    expect((await projects.listMembers("team", { limit: 1 })).entries).toEqual([]);
    expect(await authorizer.decide(principal, push)).toEqual({ allowed: true });
  });

  it("by two at once leaves the one who came second without a right there", async () => {
    const { authorizer, users } = await openAccounts();
    const [first, second] = await Promise.all(
      ["ada", "bob"].map(async (name) => principalOf("user", await users.create({ name }))),
    );
    if (first === undefined || second === undefined) throw new Error("nobody was made");
    const creates = { allowed: true, creates: "team" };
    expect(await Promise.all([authorizer.decide(first, push), authorizer.decide(second, push)])).toEqual([
      creates,
      creates,
    ]);
    expect(await authorizer.createProject(first, "team")).toBe(true);
    expect(await authorizer.createProject(second, "team")).toBe(false);
    expect(await authorizer.decide(first, push)).toEqual({ allowed: true });
    expect(await authorizer.decide(second, push)).toMatchObject({
      allowed: false,
      reason: "you lack push on team/app: ask a maintainer of project team",
    });
  });
});
