// `berth robot …` on a real database: rights, expiry, and secrets that are shown once.
import { describe, expect, it } from "vitest";
import { isSecret } from "../../../../auth/accounts/secrets.ts";
import { registryAtHand, tickingClock, type Options } from "../registry-at-hand.ts";

async function withProject(options: Options = {}) {
  const registry = await registryAtHand(options);
  await registry.berth("project add team");
  return registry;
}

describe("berth robot add", () => {
  it("prints the secret alone on standard output, and what there is to know beside it", async () => {
    const { berth } = await withProject();
    const { code, output, errors } = await berth(
      "robot add ci --project team --allow pull,push --expires 90d",
    );
    expect(code).toBe(0);
    expect(isSecret(output.replace(/\n$/, ""))).toBe(true);
    expect(errors).toContain("added the robot ci: pull, push in the project team, until 2027-02-19 12:00Z\n");
    expect(errors).toContain("docker login --username ci --password-stdin");
    expect(errors).not.toContain(output.trim());
  });

  it("prints one document with --json", async () => {
    const { berth } = await withProject();
    const { output, errors } = await berth("robot add ci --allow push,pull --create-projects --json");
    const document: unknown = JSON.parse(output);
    expect(document).toEqual({
      name: "ci",
      project: null,
      actions: ["pull", "push"],
      mayCreateProjects: true,
      disabled: false,
      description: "",
      createdAt: "2026-11-21T12:00:00.000Z",
      expiresAt: null,
      secret: expect.stringMatching(/^berth_robot_/) as string,
    });
    expect(errors).toBe("");
  });

  it.each([
    ["robot add ci", 2, /required option '--allow <actions>'/],
    ["robot add ci --allow pull,psh", 2, /'pull,psh' is invalid\. Name one or more of pull, push, delete\./],
    ["robot add ci --allow ,", 2, /Name one or more/],
    ["robot add ci --allow PULL", 2, /Name one or more/],
    ["robot add ci --allow pull --expires soon", 2, /Give 12h, 90d or 8w/],
    ["robot add ci --allow pull --expires 2026-11-21", 1, /choose an expiry in the future/],
    ["robot add ci --allow pull --expires 0d", 1, /choose an expiry in the future/],
    ["robot add ci --allow pull --project nope", 1, /there is no project called nope: create it first/],
    [
      "robot add ci --allow pull --project team --create-projects",
      1,
      /a robot of one project can't create others/,
    ],
    ["robot add robot$ci --allow pull", 1, /choose a name of 2 to 64 characters/],
  ])("refuses %j", async (words, code, sentence) => {
    const { berth, json } = await withProject();
    const outcome = await berth(words);
    expect(outcome).toMatchObject({ code, output: "" });
    expect(outcome.errors).toMatch(sentence);
    expect(await json("robot list")).toEqual([]);
  });
});

describe("berth robot", () => {
  async function withRobots(options: Options = {}) {
    const registry = await withProject(options);
    await registry.berth("robot add ci --project team --allow pull,push --expires 90d");
    await registry.berth("robot add mirror --allow pull");
    return registry;
  }

  it("list shows all, or those of a project", async () => {
    const { berth, json } = await withRobots();
    expect(await json("robot list")).toMatchObject([{ name: "ci" }, { name: "mirror" }]);
    expect(await json("robot list --project team")).toMatchObject([{ name: "ci" }]);
    expect(await berth("robot list --project nope")).toMatchObject({
      code: 1,
      errors: "error: there is no project called nope\n",
    });
    expect((await berth("robot list")).output).toMatch(/^ci +team +pull, push +no +2027-02-19 12:00Z +-$/m);
  });

  it.each([
    ["--allow delete", { actions: ["delete"] }],
    ["--expires never", { expiresAt: null }],
    ["--expires 2030-01-01", { expiresAt: "2030-01-01T00:00:00.000Z" }],
    ["--disable", { disabled: true }],
    ["--description nightly", { description: "nightly" }],
  ])("set %s changes that and nothing else", async (options, change) => {
    const { json } = await withRobots();
    const before = (await json("robot show ci")) as object;
    await json(`robot set ci ${options}`);
    expect(await json("robot show ci")).toEqual({ ...before, ...change });
  });

  it.each([
    ["robot set ci", 2, /nothing to change/],
    ["robot set ci --create-projects", 1, /a robot of one project can't create others/],
    ["robot set nobody --disable", 1, /there is no robot called nobody/],
    ["robot rotate nobody", 1, /there is no robot called nobody/],
    ["robot revoke ci 0", 1, /the robot ci has no secret 0: list its secrets/],
    ["robot remove ci", 1, /add --yes/],
    ["user show ci", 1, /there is no user called ci: that is the name of a robot/],
  ])("%s is refused with %i", async (words, code, sentence) => {
    const { berth } = await withRobots();
    const outcome = await berth(words);
    expect(outcome).toMatchObject({ code, output: "" });
    expect(outcome.errors).toMatch(sentence);
  });

  it("rotate gives a new secret, names the one before, and revoke ends that", async () => {
    const { berth, json } = await withRobots({ now: tickingClock() });
    const secretsOf = async () => ((await json("robot show ci")) as { secrets: { id: string }[] }).secrets;
    const [first] = await secretsOf();
    const { code, output, errors } = await berth("robot rotate ci");
    expect(code).toBe(0);
    expect(isSecret(output.replace(/\n$/, ""))).toBe(true);
    const [newest, old, ...more] = await secretsOf();
    expect({ old, more }).toEqual({ old: first, more: [] });
    expect(errors).toContain(`berth robot revoke ci ${old?.id ?? ""}\n`);
    expect(await berth(`robot revoke ci ${old?.id ?? ""}`)).toMatchObject({ code: 0 });
    expect(await secretsOf()).toEqual([newest]);
  });

  it("keeps two secrets however often it is rotated", async () => {
    const { berth, json } = await withRobots();
    for (let turn = 0; turn < 3; turn++) await berth("robot rotate ci");
    expect(await json("robot show ci")).toMatchObject({ secrets: [{}, {}] });
  });

  it("remove takes it away", async () => {
    const { berth, json } = await withRobots();
    expect(await berth("robot remove ci", { answers: ["y"] })).toMatchObject({ code: 0 });
    expect(await json("robot list")).toMatchObject([{ name: "mirror" }]);
  });
});
