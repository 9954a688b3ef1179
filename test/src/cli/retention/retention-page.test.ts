// docs/retention.md as it is read, and its commands as an operator sees them, beside a server on the same data.
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../../../src/config/load-config.ts";
import { createMetrics } from "../../../../src/observability/metrics.ts";
import { scratchDirectory } from "../../../support/scratch-directory.ts";
import { gcAtHand } from "../gc/gc-at-hand.ts";

const page = readFileSync(new URL("../../../../docs/retention.md", import.meta.url), "utf8");
const [, example = ""] = /```yaml\n(.*?)```/s.exec(page) ?? [];
const lines = Array.from(page.matchAll(/^\$ berth (.*)$/gm), ([, line = ""]) => line);

async function registryWithPolicy(text: string) {
  const file = join(await scratchDirectory(), "berth.yaml");
  await writeFile(file, text);
  return gcAtHand({ BERTH_CONFIG: file });
}

const newestTwo = `
retention:
  policies:
    - { name: apps, repositories: ["team/*"], rules: [{ name: newest, keepNewest: 2 }], deleteUntaggedAfterSeconds: 86400 }`;

describe("docs/retention.md", () => {
  it("has a policy and commands that do what they are told, one after the other", async () => {
    const { berth, server } = await registryWithPolicy(example);
    for (let n = 0; n < 12; n++) await server.client.pushImage("team/app", `build-${n}`);
    const codes: unknown[] = [];
    for (const line of lines) codes.push([line, (await berth(line)).code]);
    expect(codes).toEqual(lines.map((line) => [line, 0]));
    expect(lines).toHaveLength(5);
    const { body } = await server.client.send("GET", "/v2/team/app/tags/list");
    expect((JSON.parse(String(body)) as { tags: string[] }).tags).toHaveLength(12);
  });

  it("names every metric of retention", async () => {
    const metrics = createMetrics();
    metrics.retention.watch(async () => ({ lastRunAt: undefined, lastErrorAt: undefined }));
    const { text } = await metrics.render();
    const names = Array.from(text.matchAll(/^# TYPE (berth_retention_\w+)/gm), ([, name = ""]) => name);
    expect(names).toHaveLength(3);
    expect(names.filter((name) => !page.includes(name))).toEqual([]);
  });
});

describe("berth retention", () => {
  it("deletes what the dry run said, and says it with the rule, in text and in JSON", async () => {
    const { berth, json, server } = await registryWithPolicy(newestTwo);
    for (const tag of ["a", "b", "c"]) await server.client.pushImage("team/app", tag);
    await server.client.pushImage("other/app", "a");
    const dry = await json("retention run --dry-run");
    expect(dry).toMatchObject({ repositories: 1, keep: 2, delete: 1 });
    expect(dry).toMatchObject({
      decisions: [
        { repository: "team/app", tag: "a", action: "delete", rule: "apps" },
        { tag: "b", action: "keep", rule: "apps/newest" },
        { tag: "c", action: "keep", rule: "apps/newest" },
      ],
    });
    expect((await berth("retention run --dry-run")).output).toMatch(
      /would delete 1 tag and 0 untagged manifests in 1 repository; 2 stay\n$/,
    );
    expect(await json("retention run")).toEqual(dry);
    expect((await server.client.send("GET", "/v2/team/app/manifests/a")).status).toBe(404);
    expect(await json("retention run --repository team/app")).toMatchObject({ keep: 2, delete: 0 });
    expect(await json("retention run --repository other/app")).toMatchObject({ repositories: 0, keep: 0 });
    expect(await json("retention status")).toMatchObject({
      policies: 1,
      total: { tags: 1 },
      lastError: null,
    });
    expect(await json("audit --action retention.run")).toMatchObject([{ target: "other/app" }, {}, {}]);
  });

  it("lets what nothing tags go a day after its tag was moved, and no sooner", async () => {
    const { json, clock, server } = await registryWithPolicy(newestTwo);
    const left = await server.client.pushImage("team/app", "a");
    await server.client.pushImage("team/app", "a");
    expect(await json("retention run")).toMatchObject({ keep: 2, delete: 0 });
    clock.ahead = 86_400_000 + 60_000;
    const done = await json("retention run");
    expect(done).toMatchObject({ keep: 1, delete: 1 });
    expect(done).toMatchObject({
      decisions: [{ tag: "a" }, { tag: null, digest: left.digest, rule: "apps/untagged" }],
    });
    expect(await json("gc")).toMatchObject({ manifests: 0 });
    clock.ahead += 86_400_000;
    expect(await json("gc")).toMatchObject({ manifests: 1 });
  });
});

describe("a configuration of retention", () => {
  const faults: readonly [text: string, message: RegExp][] = [
    ["{ name: a }", /must have one of keepNewest/],
    ["{ name: a, keepNewest: 1, keepAll: true }", /keepNewest and keepAll/],
    ["{ name: a, keepNewest: 1, versionsOf: major }", /must have keepVersions/],
    ["{ name: a/b, keepNewest: 1 }", /must not contain/],
    ["{ name: a, keepNewest: 1 }, { name: a, keepNewest: 2 }", /has two of the name a/],
    ["{ name: a, keepNewest: 0 }", /keepNewest/],
  ];
  it.each(faults)("is refused with the rules %s", async (rules, message) => {
    const file = join(await scratchDirectory(), "berth.yaml");
    await writeFile(file, `retention: { policies: [{ name: p, repositories: ["**"], rules: [${rules}] }] }`);
    expect(() => loadConfig({ file, env: {} })).toThrow(message);
  });
});
