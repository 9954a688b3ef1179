// Projects whose names lead to upstreams: the configuration has the say over them.
import { describe, expect, it } from "vitest";
import { Projects } from "../../../auth/accounts/projects.ts";
import type { AccessErrorCode } from "../../../auth/access-error.ts";
import { openAccounts, principalOf } from "./open-accounts.ts";
import { expectRefused } from "./refused.ts";

async function openMirrored() {
  const accounts = await openAccounts();
  const projects = new Projects({
    ...accounts,
    reserved: new Set(["docker.io", "index.docker.io", "k8s"]),
    mirrored: new Set(["docker.io"]),
  });
  const ada = principalOf("user", await accounts.users.create({ name: "ada" }));
  return { ...accounts, projects, ada };
}
type Mirrored = Awaited<ReturnType<typeof openMirrored>>;

describe("the project of an upstream", () => {
  it.each([true, false])("is made as the configuration wants it: public %s", async (isPublic) => {
    const { projects } = await openMirrored();
    await projects.ensure("docker.io", { public: isPublic });
    expect(await projects.get("docker.io")).toMatchObject({
      public: isPublic,
      description: "Mirrors docker.io",
    });
    expect((await projects.listMembers("docker.io", { limit: 10 })).entries).toEqual([]);
  });

  it("follows the configuration at the next start, and keeps its members", async () => {
    const { projects, access } = await openMirrored();
    await projects.ensure("docker.io", { public: true });
    await projects.setMember("docker.io", { kind: "account", name: "ada", role: "guest" });
    const before = await access.revision();
    await projects.ensure("docker.io", { public: true });
    expect(await access.revision()).toBe(before);
    await projects.ensure("docker.io", { public: false });
    expect(await access.revision()).not.toBe(before);
    expect((await projects.get("docker.io")).public).toBe(false);
    expect((await projects.listMembers("docker.io", { limit: 10 })).entries).toHaveLength(1);
  });

  it("takes the place of one that was somebody's before there was an upstream", async () => {
    const { projects, access, revision, defaultProject, now, newId } = await openMirrored();
    const before = new Projects({ access, revision, defaultProject, now, newId });
    await before.create({ name: "docker.io", description: "ours" });
    await projects.ensure("docker.io", { public: true });
    expect(await projects.get("docker.io")).toMatchObject({ public: true, description: "ours" });
  });

  it("may be described anew, and has robots as any other", async () => {
    const { projects, robots } = await openMirrored();
    await projects.ensure("docker.io", { public: false });
    expect(await projects.change("docker.io", { description: "Hub" })).toMatchObject({ description: "Hub" });
    const { robot } = await robots.create({ name: "node", project: "docker.io", actions: ["pull"] });
    expect(robot).toMatchObject({ project: "docker.io" });
  });

  it.each<[string, (mirrored: Mirrored) => Promise<unknown>, AccessErrorCode, RegExp]>([
    [
      "made public",
      ({ projects }) => projects.change("docker.io", { public: true }),
      "invalid",
      /configuration/,
    ],
    [
      "made private",
      ({ projects }) => projects.change("docker.io", { public: false }),
      "invalid",
      /anonymous/,
    ],
    ["deleted", ({ projects }) => projects.delete("docker.io"), "invalid", /configuration/],
    ["created", ({ projects }) => projects.create({ name: "docker.io" }), "invalid", /an upstream/],
  ])("can't be %s by people", async (_, act, code, sentence) => {
    const mirrored = await openMirrored();
    await mirrored.projects.ensure("docker.io", { public: false });
    await expectRefused(mirrored, () => act(mirrored), code, sentence);
  });
});

describe("a name that leads to an upstream", () => {
  it.each(["docker.io", "index.docker.io", "k8s"])(
    "%s is nobody's project, created or pushed to",
    async (name) => {
      const mirrored = await openMirrored();
      const { projects, ada } = mirrored;
      const sentence = `choose another name: ${name} leads to an upstream`;
      await expectRefused(mirrored, () => projects.create({ name }, ada), "invalid", sentence);
      await expectRefused(mirrored, () => projects.createOnPush(ada, name), "invalid", sentence);
    },
  );

  it("that was somebody's before may still be deleted, unless it is the upstream's own", async () => {
    const { projects, access, revision, defaultProject, now, newId } = await openMirrored();
    await new Projects({ access, revision, defaultProject, now, newId }).create({ name: "k8s" });
    await projects.delete("k8s");
    await expect(projects.get("k8s")).rejects.toThrow("there is no project called k8s");
  });
});
