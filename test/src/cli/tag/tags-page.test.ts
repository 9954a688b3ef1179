// docs/tags.md as it is read: its commands are run from the first to the last, and its configuration does what it says.
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../../../src/config/load-config.ts";
import { immutableTagsBy } from "../../../../src/policies/immutable-tags.ts";
import { scratchDirectory } from "../../../support/scratch-directory.ts";
import { day, gcAtHand } from "../gc/gc-at-hand.ts";

const page = readFileSync(new URL("../../../../docs/tags.md", import.meta.url), "utf8");

async function tagsAtHand() {
  const ground = await gcAtHand();
  const { client } = ground.server;
  const digestOf = async (tag: string): Promise<string> =>
    String((await client.send("HEAD", `/v2/team/app/manifests/${tag}`)).headers["docker-content-digest"]);
  await client.pushImage("team/app", "v1");
  await client.pushImage("team/app", "latest");
  const [old, previous] = [await digestOf("v1"), await digestOf("latest")];
  await client.pushImage("team/app", "latest");
  await client.send("DELETE", "/v2/team/app/manifests/v1");
  return { ...ground, digestOf, old, previous };
}

describe("docs/tags.md", () => {
  it("has commands that do what they are told, one after the other", async () => {
    const { berth, digestOf, old, previous } = await tagsAtHand();
    const lines = Array.from(page.matchAll(/^\$ berth (.*)$/gm), ([, line = ""]) => line);
    for (const line of lines) {
      const outcome = await berth(line.replace('"$OLD"', previous));
      expect([line, outcome.code, outcome.errors]).toEqual([line, 0, ""]);
    }
    expect(lines).toHaveLength(5);
    expect(await digestOf("v1")).toBe(old);
    expect(await digestOf("latest")).toBe(previous);
  });

  it("has a configuration whose rule is about releases of team", async () => {
    const [, text = ""] = /```yaml\n(.*?)```/s.exec(page) ?? [];
    const file = join(await scratchDirectory(), "berth.yaml");
    await writeFile(file, text);
    const ruleOf = immutableTagsBy(loadConfig({ file, env: {} }).tags.immutable);
    expect(["v1", "v1-rc1", "latest"].map((tag) => ruleOf("team/app", tag))).toEqual([
      ...["releases", undefined, undefined],
    ]);
  });
});

describe("berth tag", () => {
  it("tells until when a tag can be restored, and what became of it", async () => {
    const { berth } = await tagsAtHand();
    const gone = await berth("tag history team/app --json");
    expect(JSON.parse(gone.output)).toMatchObject({
      changes: [{ tag: "v1", kind: "deleted", held: true }],
      more: false,
    });
    const { changes } = JSON.parse(gone.output) as { changes: { at: string; heldUntil: string }[] };
    const [change] = changes;
    expect(Date.parse(change?.heldUntil ?? "") - Date.parse(change?.at ?? "")).toBe(day);
    expect((await berth("tag history team/app:latest")).output).toMatch(/moved .*\n.*pushed /);
    expect((await berth("tag history team/app:never")).output).toBe("nothing is known of that tag\n");
  });

  it("says why a tag can't be restored, and writes it down", async () => {
    const { berth, clock, old } = await tagsAtHand();
    const table: ReadonlyArray<readonly [string, RegExp]> = [
      ["tag restore team/app", /names no tag/],
      ["tag restore team/app:never", /nothing is known of such a tag/],
      ["tag restore team/app:latest", /the tag is there: name the digest/],
      ["tag restore team/app:v1 --digest nonsense", /not a digest/],
    ];
    for (const [line, words] of table) {
      const { code, errors } = await berth(line);
      expect([line, code === 0, words.test(errors)]).toEqual([line, false, true]);
    }
    clock.ahead = day + 1000;
    expect((await berth("gc")).code).toBe(0);
    expect((await berth("tag restore team/app:v1")).errors).toContain(`the manifest is gone`);
    expect((await berth("audit --action tag.restore")).output).toContain(old);
  });
});
