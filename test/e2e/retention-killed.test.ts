// A process that is killed with -9 in the midst of a run of retention, with immutable tags from the configuration: the one
// after it takes over when the lease ran out, every tag goes once, and no immutable one does.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { createScratchFolder, removeScratchFolder } from "../support/clients/scratch-folder.ts";
import { runCommand } from "../support/clients/run-command.ts";
import { RegistryClient } from "../support/registry-client.ts";
import { BerthProcess, berthProgram } from "./berth-process.ts";

const settings = (everySeconds: number): string => `
tags:
  immutable: [{ name: releases, repositories: ["team/*"], tags: ["v*"] }]
retention:
  everySeconds: ${everySeconds}
  rowsPerSecond: 50
  policies: [{ name: apps, repositories: ["team/*"], rules: [{ name: newest, tags: ["b*"], keepNewest: 3 }] }]
`;

it("goes on after kill -9, and leaves immutable tags alone", async () => {
  const folder = await createScratchFolder();
  onTestFinished(() => removeScratchFolder(folder));
  const file = join(folder, "berth.yaml");
  await writeFile(file, settings(604_800));
  const environment = { BERTH_CONFIG: file };
  const berth = await BerthProcess.start(environment);
  onTestFinished(() => berth.close());
  const client = new RegistryClient(`http://${berth.host}`);
  onTestFinished(() => client.close());
  for (const [name, count] of [["team/a", 130] as const, ["team/b", 10] as const]) {
    const image = await client.pushImage(name, "v1");
    const { body, headers } = await client.send("GET", `/v2/${name}/manifests/${image.digest}`);
    const type = { "content-type": String(headers["content-type"]) };
    for (let n = 100; n < 100 + count; n++) {
      const put = await client.send("PUT", `/v2/${name}/manifests/b${n}`, { headers: type, body });
      expect(put.status).toBe(201);
    }
  }
  const tagsOf = async (name: string): Promise<string[]> => {
    const { body } = await berth.http.send("GET", `/v2/${name}/tags/list`);
    return (JSON.parse(String(body)) as { tags: string[] }).tags;
  };
  await berth.stop();
  await writeFile(file, settings(1));
  await berth.start();
  await expect.poll(async () => (await tagsOf("team/a")).length, { timeout: 60_000 }).toBeLessThan(131);
  await berth.kill();
  await berth.start();
  const midway = (await tagsOf("team/a")).length;
  expect(midway).toBeGreaterThan(4);
  expect((await tagsOf("team/b")).length).toBe(11);
  await expect.poll(() => tagsOf("team/b"), { timeout: 90_000 }).toEqual(["b107", "b108", "b109", "v1"]);
  expect(await tagsOf("team/a")).toEqual(["b227", "b228", "b229", "v1"]);
  const history = ["tag", "history", "team/a", "--limit", "1000", "--data", berth.data, "--json"];
  const { changes } = JSON.parse(
    await runCommand(process.execPath, [berthProgram, ...history], { environment }),
  ) as { changes: { tag: string; kind: string; by: string }[] };
  expect(new Set(changes.map(({ tag }) => tag)).size).toBe(127);
  expect(new Set(changes.map(({ kind, by }) => `${kind} ${by}`))).toEqual(
    new Set(["expired retention:apps"]),
  );
  const put = await client.send("DELETE", "/v2/team/a/manifests/v1");
  expect([put.status, String(put.body)]).toEqual([409, expect.stringContaining("releases")]);
}, 240_000);
