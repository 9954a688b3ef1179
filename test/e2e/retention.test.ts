// Retention in real processes: twenty tags and several rules, what the dry run says is what the run does, what was pulled
// through the server stays, siblings stay, and the bytes of what went are gone after the grace.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { describeManifest, digestOf, imageIndex } from "../support/images.ts";
import { runCommand } from "../support/clients/run-command.ts";
import { createScratchFolder, removeScratchFolder } from "../support/clients/scratch-folder.ts";
import { RegistryClient } from "../support/registry-client.ts";
import { setTimeout as delay } from "node:timers/promises";
import { BerthProcess, berthProgram } from "./berth-process.ts";

const policy = `
retention:
  everySeconds: 604800
  policies:
    - name: apps
      repositories: ["team/*"]
      rules:
        - { name: newest, tags: ["build-*"], keepNewest: 3 }
        - { name: releases, keepVersions: 1, versionsOf: major }
        - { name: in use, keepPulledWithinSeconds: 1 }
`;

interface Decision {
  readonly tag: string;
  readonly action: string;
  readonly rule: string;
}

it("keeps and deletes exactly what the dry run names", async () => {
  const folder = await createScratchFolder();
  onTestFinished(() => removeScratchFolder(folder));
  const file = join(folder, "berth.yaml");
  await writeFile(file, policy);
  const environment = { BERTH_CONFIG: file, BERTH_GC_GRACE_SECONDS: "3", BERTH_GC_EVERY_SECONDS: "1" };
  const berth = await BerthProcess.start(environment);
  onTestFinished(() => berth.close());
  const client = new RegistryClient(`http://${berth.host}`);
  onTestFinished(() => client.close());
  const send = (method: string, path: string) => client.send(method, `/v2/team/app${path}`);

  const images = new Map<string, { digest: string; layers: readonly Buffer[] }>();
  for (let n = 10; n < 22; n++) images.set(`build-${n}`, await client.pushImage("team/app", `build-${n}`));
  for (const tag of ["v1.0.0", "v1.2.0", "v1.10.0", "v2.0.0", "main"])
    images.set(tag, await client.pushImage("team/app", tag));
  const child = await client.pushImage("team/app");
  const index = imageIndex([describeManifest(child)]);
  const put = (tag: string, manifest: typeof index) =>
    client.send("PUT", `/v2/team/app/manifests/${tag}`, {
      headers: { "content-type": manifest.mediaType },
      body: manifest.bytes,
    });
  expect((await put("multi", index)).status).toBe(201);
  const sibling = images.get("build-10");
  if (sibling === undefined) throw new Error("it was pushed");
  const pulled = await send("GET", "/manifests/build-10");
  const copy = {
    bytes: pulled.body,
    mediaType: String(pulled.headers["content-type"]),
    digest: sibling.digest,
  };
  expect((await put("v3.0.0", copy)).status).toBe(201);
  await delay(2000);

  await send("GET", "/manifests/main");
  await send("GET", `/manifests/${child.digest}`);
  const run = async (...words: string[]) => {
    const args = [berthProgram, "retention", "run", "--data", berth.data, "--json", ...words];
    const document = JSON.parse(await runCommand(process.execPath, args, { environment })) as {
      decisions: Decision[];
    };
    return document.decisions.map(({ tag, action, rule }) => `${tag}: ${action} ${rule}`);
  };
  const inUse = ["main: keep apps/in use", "multi: keep apps/in use"];
  // the server writes what was pulled through it within ten seconds
  await expect
    .poll(() => run("--dry-run"), { timeout: 60_000, interval: 2000 })
    .toEqual(expect.arrayContaining(inUse));
  const dry = await run("--dry-run");
  expect(dry).toHaveLength(19);
  expect(dry.filter((line) => line.includes(": keep"))).toEqual([
    "build-10: keep apps/in use",
    ...["build-19", "build-20", "build-21"].map((tag) => `${tag}: keep apps/newest`),
    ...inUse,
    ...["v1.10.0", "v2.0.0", "v3.0.0"].map((tag) => `${tag}: keep apps/releases`),
  ]);
  expect(await run()).toEqual(dry);

  const { tags } = JSON.parse(String((await send("GET", "/tags/list")).body)) as { tags: string[] };
  expect(tags).toEqual(dry.filter((line) => line.includes(": keep")).map((line) => line.split(":")[0]));
  const layerOf = (tag: string) => digestOf(images.get(tag)?.layers[0] ?? Buffer.alloc(0));
  const statusOf = async (tag: string) => (await send("GET", `/blobs/${layerOf(tag)}`)).status;
  await expect.poll(() => statusOf("build-11"), { timeout: 60_000 }).toBe(404);
  for (const tag of ["build-10", "build-21", "v1.10.0"]) expect(await statusOf(tag)).toBe(200);
  expect((await send("GET", `/manifests/${child.digest}`)).status).toBe(200);
}, 240_000);
