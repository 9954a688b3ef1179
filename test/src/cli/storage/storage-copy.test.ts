// `berth storage copy` as an operator runs it: beside a server, killed at any moment, run again, switched.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readdir, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { translateProgram, type TranslatedProgram } from "../../../support/translated-program.ts";
import { movingRegistry } from "./moving-registry.ts";

async function objectsIn(directory: string): Promise<string[]> {
  if (!existsSync(join(directory, "blobs"))) return [];
  const entries = await readdir(join(directory, "blobs"), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

describe("berth storage copy", () => {
  it("beside a server that takes pushes loses nothing: all of it is served from the target in the end", async () => {
    const moving = await movingRegistry();
    const server = await moving.serve("source");
    let closing: Promise<void> | undefined;
    const stop = (): Promise<void> => (closing ??= server.close());
    onTestFinished(stop);
    await moving.push(server.url, 30);
    const [copied] = await Promise.all([
      moving.berth(["storage", "copy", "--to", moving.to]),
      moving.push(server.url, 30),
    ]);
    expect(copied).toMatchObject({ code: 0, errors: "" });
    expect(copied.output).toContain("the server goes on with the old one");
    expect(await moving.lost(server.url)).toEqual([]);

    const refused = await moving.berth(["storage", "copy", "--to", moving.to, "--switch"]);
    expect(refused).toMatchObject({ code: 1, output: "" });
    expect(refused.errors).toMatch(
      /^error: a server, or another command, has .*berth\.sqlite open, so nothing was switched/,
    );
    await moving.push(server.url, 5);
    await stop();

    const document = await moving.json(["storage", "copy", "--to", moving.to, "--switch"]);
    expect(document).toMatchObject({ blobs: 65, broken: 0, switched: true, brokenBlobs: [] });
    const next = await moving.serve("target");
    onTestFinished(() => next.close());
    expect(await moving.lost(next.url)).toEqual([]);
    await moving.push(next.url, 1);
    expect(await moving.lost(next.url)).toEqual([]);
  });

  it("reports what is broken, and exits with 1 until that is settled", async () => {
    const moving = await movingRegistry();
    const server = await moving.serve("source");
    await moving.push(server.url, 3);
    await server.close();
    const [file = ""] = await objectsIn(moving.source);
    await unlink(file);
    const copy = ["storage", "copy", "--to", moving.to];
    const first = await moving.berth(copy);
    expect(first.code).toBe(1);
    expect(first.output).toContain("its bytes are not there");
    expect(first.errors).toMatch(/^error: a blob is broken and can't be copied; everything else is\./);
    const second = await moving.berth([...copy, "--switch"]);
    expect(second.code).toBe(1);
    expect(second.errors).toMatch(/^error: not switched: a blob is broken/);
    expect(await moving.berth([...copy, "--switch", "--leave-broken"])).toMatchObject({
      code: 0,
      errors: "",
    });
    const next = await moving.serve("target");
    onTestFinished(() => next.close());
    expect(await moving.lost(next.url)).toHaveLength(1);
  });

  it("refuses a target that is no other place, or has another database, or does not last", async () => {
    const moving = await movingRegistry();
    const server = await moving.serve("source");
    await server.close();
    const file = join(moving.data, "wrong.yaml");
    for (const [yaml, sentence] of [
      [`storage: { blobs: { filesystem: { directory: ${moving.source} } } }`, "in the same place"],
      [`storage: { blobs: { memory: {} } }`, "can't be kept in memory"],
      [
        `storage: { blobs: { filesystem: { directory: ${moving.target} } }, metadata: { sqlite: { path: /none/berth.sqlite } } }`,
        "names another database",
      ],
    ] as const) {
      await writeFile(file, yaml);
      const { code, output, errors } = await moving.berth(["storage", "copy", "--to", file]);
      expect({ code, output }).toEqual({ code: 1, output: "" });
      expect(errors).toContain(sentence);
    }
    expect(existsSync(moving.target)).toBe(false);
  });
});

describe("berth storage copy when it is killed", () => {
  let program: TranslatedProgram;
  beforeAll(async () => {
    program = await translateProgram();
  }, 120_000);
  afterAll(() => program.remove());

  const start = (data: string, args: readonly string[]) => {
    const env = { PATH: process.env["PATH"] ?? "", BERTH_DATA: data };
    const child = spawn(process.execPath, [program.main, "storage", "copy", ...args], { env });
    onTestFinished(() => void child.kill("SIGKILL"));
    return { child, exit: once(child, "close") as Promise<[number | null, string | null]> };
  };

  it("goes on where it was, and both stores can be used whenever it dies", async () => {
    const moving = await movingRegistry();
    const server = await moving.serve("source");
    await moving.push(server.url, 150);
    let kills = 0;
    for (const objects of [1, 40, 80]) {
      const { child, exit } = start(moving.data, ["--to", moving.to]);
      while (child.exitCode === null && (await objectsIn(moving.target)).length < objects) await sleep(5);
      child.kill("SIGKILL");
      if ((await exit)[1] === "SIGKILL") kills += 1;
      expect(await moving.lost(server.url)).toEqual([]);
    }
    expect(kills).toBeGreaterThan(0);
    await server.close();
    const document = await moving.json(["storage", "copy", "--to", moving.to, "--switch"]);
    expect(document).toMatchObject({ blobs: 150, broken: 0, switched: true });
    expect((document as { already: number }).already).toBeGreaterThan(0);
    const next = await moving.serve("target");
    onTestFinished(() => next.close());
    expect(await moving.lost(next.url)).toEqual([]);
  }, 120_000);

  it("has switched wholly or not at all", async () => {
    const moving = await movingRegistry();
    const server = await moving.serve("source");
    await moving.push(server.url, 40);
    await server.close();
    for (let round = 0, switched = false; !switched; round++) {
      const { child, exit } = start(moving.data, ["--to", moving.to, "--switch"]);
      const errors = text(child.stderr);
      // later by a third each time: however slow the machine is, it comes to its end in a dozen rounds or two
      const kill = setTimeout(() => child.kill("SIGKILL"), 300 * 1.3 ** round);
      const [code, signal] = await exit;
      clearTimeout(kill);
      switched = code === 0;
      if (!switched) expect({ signal, errors: await errors }).toEqual({ signal: "SIGKILL", errors: "" });
      // a kill may come after the step that switches, and before the exit
      const { missing } = (await checkOf(moving, "target")) as { missing: number };
      expect([0, 40]).toContain(missing);
      switched ||= missing === 0;
      expect(await checkOf(moving, missing === 0 ? "target" : "source")).toMatchObject({ missing: 0 });
    }
    const next = await moving.serve("target");
    onTestFinished(() => next.close());
    expect(await moving.lost(next.url)).toEqual([]);
  }, 120_000);
});

async function checkOf(
  { berth, to, target }: Awaited<ReturnType<typeof movingRegistry>>,
  place: "source" | "target",
): Promise<unknown> {
  if (place === "target" && !existsSync(join(target, "uploads"))) return { missing: 40 };
  const config = place === "target" ? ["--config", to] : [];
  const { output } = await berth(["fsck", "--json", ...config]);
  return JSON.parse(output);
}
