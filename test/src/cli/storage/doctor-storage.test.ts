// `berth doctor storage` as an operator sees it: text, JSON, exit codes.
import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { registryAtHand } from "../registry-at-hand.ts";
import { movingRegistry, type MovingRegistry } from "./moving-registry.ts";

async function filled(blobs: number): Promise<MovingRegistry & { readonly url: string }> {
  const registry = await movingRegistry();
  const server = await registry.serve("source");
  onTestFinished(() => server.close());
  await registry.push(server.url, blobs);
  return { ...registry, url: server.url };
}

describe("berth doctor storage", () => {
  it("tells step by step what works in the directory, and leaves nothing there", async () => {
    const { berth, json, source } = await filled(1);
    const before = await readdir(source, { recursive: true });
    const { code, output } = await berth("doctor storage");
    expect(code).toBe(0);
    expect(output).toMatch(/^NAME +OUTCOME +DETAIL +ADVICE\ndirectory +works +\//);
    const names = ["directory", "write", "fsync", "rename", "read", "range", "delete", "free space"];
    const probes = (await json("doctor storage")) as { name: string; outcome: string }[];
    expect(probes.map(({ name }) => name)).toEqual(names);
    expect(new Set(probes.map(({ outcome }) => outcome))).toEqual(new Set(["works"]));
    expect(await readdir(source, { recursive: true })).toEqual(before);
  });

  it("says what fails, what could not be tried then, and what helps", async () => {
    const { berth, data } = await registryAtHand();
    const absent = await berth("doctor storage --json");
    expect(absent).toMatchObject({ code: 1, errors: "error: 1 try failed\n" });
    const [directory, ...others] = JSON.parse(absent.output) as { outcome: string; advice?: string }[];
    expect(directory).toMatchObject({ outcome: "fails" });
    expect(directory?.advice).toMatch(/^Mount the volume/);
    expect(new Set(others.map(({ outcome }) => outcome))).toEqual(new Set(["skipped"]));
    expect(existsSync(join(data, "blobs"))).toBe(false);
  });

  it.skipIf(process.getuid?.() === 0)("names the right that is missing", async () => {
    const { berth, data } = await registryAtHand();
    const blobs = join(data, "blobs");
    await mkdir(blobs);
    await chmod(blobs, 0o500);
    onTestFinished(() => rm(blobs, { recursive: true }));
    const { output } = await berth("doctor storage");
    expect(output).toContain("Give the directory to the user that runs Berth.");
  });
});
