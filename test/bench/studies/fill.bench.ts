// What a cold blob costs on its way: the time of one client against a plain copy of the same transfer, and the memory of
// many readers. Goals: near the plain copy; far less than the blob times its readers.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import type { Digest } from "../../../storage/digest.ts";
import { mirrorPlace } from "../../src/pull-through/fills/mirror-place.ts";
import { ScriptedUpstream } from "../../src/pull-through/fills/scripted-upstream.ts";

const mebibytes = Number(process.env["BERTH_TEST_BENCH_FILL_MIB"] ?? 200);
const size = mebibytes * 1024 * 1024;
const rounds = 3;

const server = `
  const block = Buffer.alloc(1024 * 1024, "some content ");
  require("node:http").createServer(async (request, response) => {
    response.writeHead(200, { "content-length": ${mebibytes} * block.length });
    for (let sent = 0; sent < ${mebibytes}; sent += 1)
      if (!response.write(block)) await new Promise((resolve) => response.once("drain", resolve));
    response.end();
  }).listen(0, "127.0.0.1", function () { console.log(this.address().port); });
`;

function contentDigest(): Digest {
  const hash = createHash("sha256");
  const block = Buffer.alloc(1024 * 1024, "some content ");
  for (let hashed = 0; hashed < mebibytes; hashed += 1) hash.update(block);
  return `sha256:${hash.digest("hex")}` as Digest;
}

function sink(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => setImmediate(done) });
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return (performance.now() - begun) / 1000;
}

/** Of the whole process, while `work` goes on. */
async function residentGrowth(work: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage.rss();
  let most = before;
  const timer = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 20);
  await work().finally(() => clearInterval(timer));
  return (most - before) / 1024 / 1024;
}

it("shows what a cold blob costs", async () => {
  const child = spawn(process.execPath, ["-e", server]);
  try {
    const [port] = (await once(child.stdout, "data")) as [Buffer];
    const fetched = async (): Promise<IncomingMessage> => {
      const [body] = (await once(get(`http://127.0.0.1:${Number(port.toString())}/`), "response")) as [
        IncomingMessage,
      ];
      return body;
    };
    const upstream = new ScriptedUpstream(async () => ({ size, start: 0, body: await fetched() }));
    const digest = contentDigest();
    const cold = async (readers: number): Promise<void> => {
      const berth = await (await mirrorPlace()).start();
      const read = async (): Promise<void> => {
        const { body } = await berth.open(digest, upstream);
        await body.writeTo(sink(), new AbortController().signal);
      };
      await Promise.all(Array.from({ length: readers }, read));
      await berth.downloads.close(AbortSignal.timeout(10_000));
      expect(berth.problems).toEqual([]);
    };
    const plain = async () => pipeline(await fetched(), sink());
    await plain();
    await cold(1);
    const rows = [];
    for (let round = 0; round < rounds; round += 1) {
      const copy = await seconds(plain);
      const one = await seconds(() => cold(1));
      let fifty = 0;
      const growth = await residentGrowth(async () => (fifty = await seconds(() => cold(50))));
      rows.push({
        "plain copy s": copy,
        "one reader s": one,
        "50 readers s": fifty,
        "RSS of 50, MiB": growth,
      });
    }
    console.table(rows);
    expect(upstream.fetches).toHaveLength(1 + 2 * rounds);
  } finally {
    child.kill();
  }
});
