// What is answered ahead of Koa is answered as inside it: the same status, headers, bytes, log line and metrics. An empty
// query sends a request the way through Koa.
import { Writable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Authenticator } from "../../../auth/authenticator.ts";
import type { Caller } from "../../../auth/caller.ts";
import { openBlobStore } from "../../../storage/blobs/open-blob-store.ts";
import { createLogger } from "../../../src/observability/logger.ts";
import { digestOf, imageIndex, randomBlob } from "../../support/images.ts";
import { RegistryClient } from "../../support/registry-client.ts";
import { serveParts, type ServedParts } from "../../support/serve-parts.ts";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const big = randomBlob(300_000);
const small = randomBlob(5000);
const digests = { big: digestOf(big), small: digestOf(small), absent: digestOf("nothing") };
const index = imageIndex([]);
const requestId = "of-this-test";
const lines: Record<string, unknown>[] = [];

let directory: string;
let served: ServedParts;
let client: RegistryClient;

/** Tokens that name what they are good for. */
const authenticator: Authenticator = {
  authenticate: async (credentials) => {
    const caller = (actions: readonly ("pull" | "push")[]): Caller => ({
      principal: { kind: "user", id: "1", name: "somebody" },
      grant: { kind: "scopes", scopes: [{ type: "repository", name: "hot/app", actions }] },
    });
    if (credentials.kind === "none") return { outcome: "accepted", caller: caller(["pull", "push"]) };
    if (credentials.kind !== "bearer") return { outcome: "refused", reason: "no passwords here" };
    if (credentials.token === "pull") return { outcome: "accepted", caller: caller(["pull"]) };
    if (credentials.token === "push") return { outcome: "accepted", caller: caller(["push"]) };
    return { outcome: "refused", reason: "a token that nobody made" };
  },
};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "berth-test-"));
  const sink = new Writable({
    write: (line: Buffer, _, done) => {
      const noted = JSON.parse(line.toString("utf8")) as Record<string, unknown>;
      // That of a push before may come when its client has its answer, and goes on.
      if (noted["requestId"] === requestId) lines.push(noted);
      done();
    },
  });
  const blobStore = await openBlobStore({ kind: "filesystem", directory });
  served = await serveParts({ blobStore, authenticator, logger: createLogger("info", sink) });
  client = new RegistryClient(served.url);
  for (const blob of [big, small]) await client.pushBlob("hot/app", blob);
  await client.pushManifest("hot/app", "v1", index);
});
afterAll(async () => {
  client.close();
  await served.close();
  await rm(directory, { recursive: true, force: true });
});

const varying = new Set(["requestId", "time", "milliseconds", "bytesIn", "bytesOut", "url"]);
const told = (line: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(line).filter(([field]) => !varying.has(field)));

/** What a request gets, and what is noted of it. */
async function whole(method: string, path: string, headers: Record<string, string>) {
  lines.length = 0;
  const answer = await client.send(method, path, { headers: { "x-request-id": requestId, ...headers } });
  await expect.poll(() => lines.length).toBe(1);
  const fixed = Object.entries(answer.headers).filter(([name]) => name !== "date");
  return {
    status: answer.status,
    headers: Object.fromEntries(fixed),
    body: answer.body,
    noted: lines.map(told),
  };
}

const { digest } = index;
const paths = [
  "/v2/hot/app/manifests/v1",
  `/v2/hot/app/manifests/${digest}`,
  "/v2/hot/app/manifests/absent",
  `/v2/hot/app/manifests/${digests.absent}`,
  "/v2/hot/app/manifests/-bad",
  "/v2/hot/app/manifests/sha256:bad",
  "/v2/hot/App/manifests/v1",
  "/v2/hot//app/manifests/v1",
  "/v2/other/app/manifests/v1",
  `/v2/hot/app/blobs/${digests.small}`,
  `/v2/hot/app/blobs/${digests.big}`,
  `/v2/hot/app/blobs/${digests.absent}`,
  "/v2/hot/app/blobs/uploads",
  "/v2/hot/app/blobs/sha256:bad",
  "/v2/app/manifests/hot/manifests/v1",
  "/v2/manifests/v1",
  "/v2/hot/manifests/blobs/v1",
];
const kinds: Record<string, Record<string, string>> = {
  plain: {},
  "with a token to pull": { authorization: "Bearer pull" },
  "with a token to push": { authorization: "Bearer push" },
  "with a bad token": { authorization: "Bearer bad" },
  "with a password": { authorization: `Basic ${Buffer.from("a:b").toString("base64")}` },
  "by whoever has it": { "if-none-match": `"${digest}"` },
  "of a part": { range: "bytes=10-19" },
  "with a body": { "content-length": "0" },
};

describe.each(Object.keys(kinds))("a request %s", (kind) => {
  it.each(["GET", "HEAD", "DELETE"])("%s is answered alike ahead of Koa and inside", async (method) => {
    // What is gone after the first of two is another matter.
    const asked =
      method === "DELETE" ? paths.filter((path) => path.includes("absent") || path.includes("bad")) : paths;
    for (const path of asked) {
      const ahead = await whole(method, path, kinds[kind] ?? {});
      const inside = await whole(method, `${path}?`, kinds[kind] ?? {});
      expect({ path, ...ahead }).toEqual({ path, ...inside });
    }
  });
});

it("is counted alike", async () => {
  const count = async (path: string): Promise<string[]> => {
    const before = (await served.metrics.render()).text.split("\n");
    await whole("GET", path, {});
    const after = (await served.metrics.render()).text.split("\n");
    const counted = after.filter(
      (line) => line.startsWith("berth_http_requests_total") && !before.includes(line),
    );
    return counted.map((line) => line.replace(/ \d+$/, ""));
  };
  for (const path of paths) {
    const ahead = await count(path);
    expect(ahead).toHaveLength(1);
    expect(await count(`${path}?`)).toEqual(ahead);
  }
});

it("says what was changed a moment ago", async () => {
  for (let n = 0; n < 200; n += 1) {
    const next = imageIndex([], { annotations: { n: String(n) } });
    await client.pushManifest("hot/app", "moving", next);
    const answer = await client.send("GET", "/v2/hot/app/manifests/moving");
    expect(answer.headers["docker-content-digest"]).toBe(next.digest);
  }
});
