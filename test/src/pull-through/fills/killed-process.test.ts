// kill -9 in the middle of a download: a real process begins it, another one that follows goes on, and one that comes
// later cleans up.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { never, sampleBytes } from "../../../contracts/blob-store-under-test.ts";
import { translateProgram, type TranslatedProgram } from "../../../support/translated-program.ts";
import { eventually } from "./eventually.ts";
import { expectBytes } from "./expect-bytes.ts";
import { bytesOf, digestOf, keptBytes, mirrorPlace, repository, type MirrorPlace } from "./mirror-place.ts";
import { ScriptedUpstream, sent } from "./scripted-upstream.ts";

const bytes = sampleBytes(2_000_000);
const digest = digestOf(bytes);
const sentBytes = 1_200_000;

/** Downloads the blob, and says how much of it a reader has. */
const doomed = `
  import { randomUUID } from "node:crypto";
  import { get } from "node:http";
  import { once } from "node:events";
  import { SharedDownloads } from "./pull-through/fills/shared-downloads.js";
  import { createLocalRegistry } from "./registry/local-registry.js";
  import { openBlobStore } from "../storage/blobs/open-blob-store.js";
  import { openMetadataStore } from "../storage/metadata/open-metadata-store.js";
  const { directory, spoolDirectory, repository, digest, url } = JSON.parse(process.argv[2]);
  const metadata = await openMetadataStore({ kind: "sqlite", path: directory + "/berth.db" });
  const blobStore = await openBlobStore({ kind: "filesystem", directory: directory + "/blobs" });
  const { blobs: local } = createLocalRegistry({
    blobStore, metadata, now: Date.now, newId: randomUUID,
    uploads: { expirySeconds: 3600, leaseSeconds: 10 }, gc: { graceSeconds: 86400 },
  });
  const downloads = new SharedDownloads({
    blobStore, mirror: metadata.mirror, local, spoolDirectory,
    finishAbandoned: true, admit: async () => "keep", now: Date.now, newId: randomUUID, onProblem: console.error,
  });
  const upstream = {
    fetchBlob: async () => {
      const [body] = await once(get(url), "response");
      return { size: Number(body.headers["content-length"]), start: 0, body };
    },
  };
  const { body } = await downloads.open({ repository, digest, name: "library/alpine", upstream });
  let seen = 0;
  for await (const chunk of body.stream()) process.stdout.write((seen += chunk.length) + "\\n");
`;

let program: TranslatedProgram;
let server: Server;
beforeAll(async () => {
  program = await translateProgram();
  await writeFile(join(dirname(program.main), "doomed.js"), doomed);
  server = createServer((_request, response) => {
    response.writeHead(200, { "content-length": bytes.length }).write(bytes.subarray(0, sentBytes));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
}, 120_000);
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await program.remove();
});

/** A process that has downloaded as much as it gets; `kill` resolves when it is dead. */
async function downloading({ directory, spoolDirectory }: MirrorPlace) {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const options = JSON.stringify({ directory, spoolDirectory, repository, digest, url });
  const child = spawn(process.execPath, [join(dirname(program.main), "doomed.js"), options]);
  const exited = once(child, "exit");
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await exited;
  };
  onTestFinished(kill);
  let said = "";
  child.stdout.on("data", (text: Buffer) => (said += text.toString()));
  child.stderr.on("data", (text: Buffer) => (said += text.toString()));
  await eventually(() => said.trim().split("\n").at(-1)).toBe(String(sentBytes));
  return kill;
}

it("a follower goes on from where it is when the one who downloads is killed", async () => {
  const place = await mirrorPlace();
  const clock = { ahead: 0 };
  const follower = await place.start({ now: () => Date.now() + clock.ahead });
  const kill = await downloading(place);
  const upstream = new ScriptedUpstream(() => sent(bytes));
  const { body } = await follower.open(digest, upstream);
  const stream = body.stream();
  let seen = 0;
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => {
    seen += chunk.length;
    chunks.push(chunk);
  });
  await eventually(() => seen).toBe(sentBytes);
  expect(upstream.fetches).toEqual([]);
  await kill();
  // The lease is over by then.
  clock.ahead = 60_000;
  await once(stream, "end");
  expectBytes(Buffer.concat(chunks), bytes);
  expectBytes(await keptBytes(follower, digest), bytes);
  await eventually(() => place.leftovers()).toEqual([]);
});

it("what it left is removed at the next start, and the blob is fetched by whoever asks next", async () => {
  const place = await mirrorPlace();
  await (
    await downloading(place)
  )();
  expect(await readdir(place.spoolDirectory)).toHaveLength(1);
  const next = await place.start({ now: () => Date.now() + 60_000 });
  await next.downloads.sweep(never);
  expect(await place.leftovers()).toEqual([]);
  const { body } = await next.open(digest, new ScriptedUpstream(() => sent(bytes)));
  expectBytes(await bytesOf(body), bytes);
  await eventually(() => next.local.stat(repository, digest)).toEqual({ size: bytes.length });
});
