// The compiled program as a process of its own: exit codes, streams and signals are really connected.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { scratchDirectory } from "../support/scratch-directory.ts";
import { startFakeUpstream } from "../support/upstream/fake-upstream.ts";

const program = fileURLToPath(new URL("../../dist/src/main.js", import.meta.url));

function start(args: string[], environment: Record<string, string> = {}) {
  const env = { PATH: process.env["PATH"] ?? "", ...environment };
  const child = spawn(process.execPath, [program, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

async function run(args: string[], environment?: Record<string, string>) {
  const child = start(args, environment);
  const [output, errors, exit] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  return { code: exit[0] as unknown, output, errors };
}

// `npm test` builds first; whoever runs this file alone is told by the word "skipped" that there is nothing to test.
describe.skipIf(!existsSync(program))("the compiled program", () => {
  it("prints its version", async () => {
    const { code, output, errors } = await run(["--version"]);
    expect({ code, errors }).toEqual({ code: 0, errors: "" });
    expect(output).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it("exits with 2 when mistyped and with 1 when misconfigured, with no stack", async () => {
    expect(await run(["serv"])).toMatchObject({
      code: 2,
      output: "",
      errors: expect.stringContaining("serve") as string,
    });
    const refused = await run(["serve"], { BERTH_HTTP_LISTEN: "nowhere" });
    expect(refused).toMatchObject({ code: 1, output: "" });
    expect(refused.errors).toMatch(/^The configuration has a problem:\n {2}http\.listen: /);
    expect(refused.errors).not.toMatch(/\n\s+at /);
  });

  it("asks for no password where nobody is, and makes no data where none is", async () => {
    const data = join(await scratchDirectory(), "none");
    const asked = await run(["user", "add", "jane", "--data", data]);
    expect(asked).toMatchObject({ code: 1, output: "" });
    expect(asked.errors).toMatch(/^error: there is no terminal to ask for a password on: /);
    const listed = await run(["user", "list", "--data", data]);
    expect(listed).toMatchObject({ code: 1, output: "" });
    expect(listed.errors).toMatch(/^There is no database at /);
    expect(existsSync(data)).toBe(false);
  });

  it("serves until SIGTERM, logs JSON lines only, and exits with 0", async () => {
    const child = start(["serve", "--listen", "127.0.0.1:0", "--data", await scratchDirectory()]);
    const closed = once(child, "close");
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      if (lines.push(line) > 1) continue;
      const { urls } = JSON.parse(line) as { urls: { http: string } };
      expect((await fetch(`${urls.http}/v2/`, { headers: { connection: "close" } })).status).toBe(200);
      child.kill("SIGTERM");
    }
    expect(await closed).toEqual([0, null]);
    const messages = lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
    expect(messages[0]).toMatch(/^Berth listens on http:\/\/127\.0\.0\.1:\d+; data in .*; auth mode open \(/);
    expect(messages.at(-1)).toBe("Berth has stopped");
  });

  it("ends on Ctrl-C also when the reader of its log is gone at the same time", async () => {
    const child = start(["serve", "--listen", "127.0.0.1:0", "--data", await scratchDirectory()]);
    await once(child.stdout, "data");
    child.stdout.destroy();
    child.kill("SIGINT");
    expect((await once(child, "exit"))[0]).toBe(0);
  });

  it("keeps less of what it mirrors from SIGHUP on, when its file says so", async () => {
    const upstream = await startFakeUpstream();
    onTestFinished(() => upstream.close());
    const image = upstream.addImage("team/app", "v1", { layers: [1000, 1000] });
    const [first = "", second = ""] = image.manifests[0]?.layers ?? [];
    const data = await scratchDirectory();
    const file = join(data, "berth.yaml");
    const configure = (mirror: object) =>
      writeFile(file, JSON.stringify({ upstreams: [{ host: "up.example", url: upstream.url }], mirror }));
    await configure({ minFreeBytes: 0 });
    const child = start(["serve", "--listen", "127.0.0.1:0", "--data", data, "--config", file]);
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const lineWith = async (words: string): Promise<Record<string, unknown>> => {
      for (;;) {
        const next = await lines.next();
        if (next.done === true) throw new Error(`it ended without a line with ${words}`);
        if (next.value.includes(words)) return JSON.parse(next.value) as Record<string, unknown>;
      }
    };
    const { urls } = (await lineWith("Berth listens on")) as { urls: { http: string } };
    const kept = async (layer: string) => {
      const answer = await fetch(`${urls.http}/v2/up.example/team/app/blobs/${layer}`);
      await answer.arrayBuffer();
      return answer.headers.get("cache-status");
    };
    expect(await kept(first)).toBe("berth; fwd=uri-miss; stored");
    await configure({ minFreeBytes: Number.MAX_SAFE_INTEGER });
    child.kill("SIGHUP");
    expect(await lineWith("SIGHUP")).toMatchObject({ changed: ["mirror.minFreeBytes"], restart: [] });
    expect(await kept(second)).toBe("berth; fwd=uri-miss");
    child.kill("SIGTERM");
    expect((await once(child, "close"))[0]).toBe(0);
  });
});
