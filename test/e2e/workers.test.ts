// `berth serve --workers 2` as a process: how it starts, changes, loses a worker, and ends.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync, readdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { expectStatus, RegistryHttp, sha256 } from "../support/clients/registry-http.ts";
import { createScratchFolder, removeScratchFolder } from "../support/clients/scratch-folder.ts";
import { startFakeUpstream } from "../support/upstream/fake-upstream.ts";
import { BerthProcess, berthProgram } from "./berth-process.ts";
import { connectToBoth, linesOf } from "./worker-connections.ts";

async function start(environment: Record<string, string> = {}): Promise<BerthProcess> {
  const berth = await BerthProcess.start({ BERTH_HTTP_WORKERS: "2", ...environment });
  onTestFinished(() => berth.close());
  return berth;
}

/** Ids of its workers, which have its data folder in their command line. */
function workersOf(berth: BerthProcess): number[] {
  const ids = readdirSync("/proc").filter((entry) => /^\d+$/.test(entry));
  return ids.map(Number).filter((id) => {
    try {
      const command = readFileSync(`/proc/${id}/cmdline`, "utf8");
      return command.includes("worker.js") && command.includes(berth.data);
    } catch {
      return false;
    }
  });
}

function messagesOf(berth: BerthProcess): string[] {
  return linesOf(berth).map(({ msg }) => msg);
}

/** A download that has begun, of which nothing is read until `rest` is called. */
async function beginDownload(http: RegistryHttp, path: string): Promise<() => Promise<string>> {
  const get = http.openKept("GET", path);
  get.end();
  const [response] = (await once(get, "response")) as [IncomingMessage];
  response.pause();
  response.on("error", () => undefined);
  return async () => {
    const parts: Buffer[] = [];
    for await (const part of response) parts.push(part as Buffer);
    return sha256(Buffer.concat(parts));
  };
}

/** `berth serve --workers 2 …` to its end. */
async function serveInVain(environment: Record<string, string>, data: string) {
  const child = spawn(process.execPath, [berthProgram, "serve", "--workers", "2", "--data", data], {
    env: { ...process.env, BERTH_HTTP_LISTEN: "127.0.0.1:0", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [output, errors, exit] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close") as Promise<[number]>,
  ]);
  return { code: exit[0], output, errors };
}

async function scratchFolder(): Promise<string> {
  const folder = await createScratchFolder();
  onTestFinished(() => removeScratchFolder(folder));
  return folder;
}

/** The machine may be busy: how long something may take is no verdict. */
const soon = { timeout: 30_000 };

describe("a server of two workers starts", () => {
  it("and says so once, with the password of the first account once, and one set of figures", async () => {
    const berth = await start({ BERTH_AUTH_MODE: "accounts", BERTH_METRICS_LISTEN: "127.0.0.1:0" });
    const [one, other] = await connectToBoth(berth);
    for (const http of [one, other]) expect((await http.send("GET", "/v2/")).status).toBe(401);
    const log = berth.process.log();
    expect(log.match(/The first account was made/g)).toHaveLength(1);
    expect(log.match(/Berth listens on/g)).toHaveLength(1);
    const [, url = ""] = /Metrics are at (\S+?)"/.exec(log) ?? [];
    const figures = await (await fetch(url)).text();
    const asked = linesOf(berth).filter(({ msg }) => msg === "request").length;
    expect(figures).toMatch(/^berth_workers 2$/m);
    const counted = [...figures.matchAll(/^berth_http_requests_total\{.*\} (\d+)$/gm)];
    expect(counted.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(asked);
  });

  it("not where its port is taken: one sentence, and 1", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => void other.close());
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const listen = `127.0.0.1:${port}`;
    const { code, output, errors } = await serveInVain({ BERTH_HTTP_LISTEN: listen }, await scratchFolder());
    expect({ code, output }).toEqual({ code: 1, output: "" });
    expect(errors).toBe(
      `Cannot listen on ${listen}: another program listens there already; stop it, or choose another address with --listen or http.listen.\n`,
    );
  });

  it("not on what is no database: one sentence, and 1", async () => {
    const data = await scratchFolder();
    await writeFile(join(data, "berth.sqlite"), randomBytes(8192));
    const { code, output, errors } = await serveInVain({}, data);
    expect({ code, output }).toEqual({ code: 1, output: "" });
    expect(errors).toMatch(/^Cannot use .*berth\.sqlite: the file is not a database; .*\n$/);
  });

  it("not with blobs in memory, which are one process's", async () => {
    const { code, errors } = await serveInVain(
      { BERTH_STORAGE_BLOBS: "{memory: {}}" },
      await scratchFolder(),
    );
    expect(code).toBe(1);
    expect(errors).toMatch(/http\.workers: blobs in memory .* leave it at 1/);
  });
});

describe("a server of two workers loses one", () => {
  it("and replaces it; what the dead one had in hand goes on elsewhere", async () => {
    const berth = await start();
    const before = workersOf(berth);
    expect(before).toHaveLength(2);
    const location = await berth.http.startUpload("team/app");
    const [victim = 0] = before;
    process.kill(victim, "SIGKILL");
    await expect
      .poll(() => messagesOf(berth).join("\n"), soon)
      .toMatch(/worker \d was ended by SIGKILL; another/);
    await expect.poll(() => workersOf(berth).length, soon).toBe(2);
    expect(workersOf(berth)).not.toContain(victim);
    const fresh = new RegistryHttp(`http://${berth.host}`);
    onTestFinished(() => fresh.close());
    expect((await fresh.send("GET", location)).status).toBe(204);
    await expect.poll(() => messagesOf(berth).filter((msg) => /serves$/.test(msg)).length, soon).toBe(3);
    await connectToBoth(berth);
  });

  it("again and again: then it ends with 1 and says why", async () => {
    const berth = await start();
    const ended = berth.process.ended();
    // each as soon as it is there
    const killer = setInterval(() => {
      const [youngest] = workersOf(berth).sort((one, other) => other - one);
      if (youngest !== undefined) process.kill(youngest, "SIGKILL");
    }, 50);
    onTestFinished(() => clearInterval(killer));
    expect(await ended).toBe(1);
    expect(berth.process.log()).toMatch(
      /^5 workers in a row ended within 10 s of their start; the last was/m,
    );
    expect(workersOf(berth)).toEqual([]);
  });
});

describe("a server of two workers is told", () => {
  it("by SIGHUP what changed, both of them", async () => {
    const upstream = await startFakeUpstream();
    onTestFinished(() => upstream.close());
    const image = upstream.addImage("team/app", "v1", { layers: Array<number>(50).fill(1000) });
    const layers = [...(image.manifests[0]?.layers ?? [])];
    const file = join(await scratchFolder(), "berth.yaml");
    const write = (minFreeBytes: number) => {
      const upstreams = [{ host: "up.example", url: upstream.url }];
      return writeFile(file, JSON.stringify({ upstreams, mirror: { minFreeBytes } }));
    };
    await write(0);
    const berth = await start({ BERTH_CONFIG: file });
    const both = await connectToBoth(berth);
    const askForNext = async (http: RegistryHttp): Promise<unknown> =>
      (await http.send("GET", `/v2/up.example/team/app/blobs/${layers.pop() ?? ""}`)).headers["cache-status"];
    for (const http of both) expect(await askForNext(http)).toBe("berth; fwd=uri-miss; stored");
    await write(Number.MAX_SAFE_INTEGER);
    process.kill(berth.process.pid, "SIGHUP");
    await expect.poll(() => messagesOf(berth).join("\n"), soon).toMatch(/changed: mirror\.minFreeBytes/);
    expect(messagesOf(berth).filter((msg) => msg.startsWith("SIGHUP"))).toHaveLength(1);
    for (const http of both) await expect.poll(() => askForNext(http)).toBe("berth; fwd=uri-miss");
  });

  it("by SIGTERM to end: transfers of both finish, nobody new is let in, and it ends with 0", async () => {
    const berth = await start();
    const content = randomBytes(24_000_000);
    const digest = await berth.http.pushBlob("team/slow", content);
    const both = await connectToBoth(berth);
    const path = `/v2/team/slow/blobs/${digest}`;
    const downloads = await Promise.all(both.map((http) => beginDownload(http, path)));
    process.kill(berth.process.pid, "SIGTERM");
    const refused = (): Promise<string> => {
      const http = new RegistryHttp(`http://${berth.host}`);
      const answer = http.send("GET", "/livez").then(
        () => "answered",
        () => "refused",
      );
      return answer.finally(() => http.close());
    };
    await expect.poll(refused, soon).toBe("refused");
    expect(workersOf(berth)).toHaveLength(2);
    const read = await Promise.all(downloads.map((rest) => rest()));
    expect(new Set(read)).toEqual(new Set([digest]));
    expect(await berth.process.ended()).toBe(0);
    expect(workersOf(berth)).toEqual([]);
    expect(messagesOf(berth).at(-1)).toBe("Berth has stopped");
  });

  it("by a second SIGTERM to end at once, with 143, and leaves nobody behind", async () => {
    const berth = await start();
    const digest = await berth.http.pushBlob("team/slow", randomBytes(24_000_000));
    // it waits for its reader, and the server for it
    await beginDownload(berth.http, `/v2/team/slow/blobs/${digest}`);
    process.kill(berth.process.pid, "SIGTERM");
    await expect.poll(() => messagesOf(berth).join("\n"), soon).toMatch(/^SIGTERM/m);
    process.kill(berth.process.pid, "SIGTERM");
    expect(await berth.process.ended()).toBe(143);
    await expect.poll(() => workersOf(berth), soon).toEqual([]);
  });

  it("nothing, by a primary that was killed: its workers end, too", async () => {
    const berth = await start();
    // lines of which some are still on their way to it
    await Promise.all(Array.from({ length: 50 }, () => berth.http.send("GET", "/v2/")));
    await berth.kill();
    await expect.poll(() => workersOf(berth), soon).toEqual([]);
    await berth.start();
    expectStatus(await berth.http.send("GET", "/v2/"), 200, "GET");
  });
});

describe("the log of two workers", () => {
  it("has whole lines only, also those that are longer than a pipe takes at once, and a slow reader", async () => {
    const child = spawn(process.execPath, [berthProgram, "serve", "--workers", "2"], {
      env: { ...process.env, BERTH_HTTP_LISTEN: "127.0.0.1:0", BERTH_DATA: await scratchFolder() },
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    let log = "";
    child.stdout.setEncoding("utf8").on("data", (part: string) => (log += part));
    await expect.poll(() => log, soon).toMatch(/worker 2 serves/);
    const [, origin = ""] = /Berth listens on (http:[^;]+);/.exec(log) ?? [];
    child.stdout.pause();
    const ask = async (client: number): Promise<void> => {
      const http = new RegistryHttp(origin);
      for (let n = 0; n < 40; n++) {
        await http.send("GET", `/v2/?client=${client}&n=${n}&x=${"x".repeat(9000)}`);
      }
      http.close();
    };
    await Promise.all(Array.from({ length: 16 }, (_, client) => ask(client)));
    await delay(200);
    child.stdout.resume();
    child.kill("SIGTERM");
    await once(child, "close");
    const lines = log.trimEnd().split("\n");
    const parsed = lines.map((line) => JSON.parse(line) as { msg: string; worker?: number });
    const requests = parsed.filter(({ msg }) => msg === "request");
    expect(requests).toHaveLength(640);
    expect(new Set(requests.map(({ worker }) => worker))).toEqual(new Set([1, 2]));
  });
});
