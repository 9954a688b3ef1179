// Checks begun over the API of a whole Berth, with accounts and an upstream: what is refetched and what is not, one check at
// a time over all processes, what is told of it, and what the metrics count.
import { join } from "node:path";
import Database from "better-sqlite3";
import { readFile, writeFile } from "node:fs/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { randomBlob } from "../../../support/images.ts";
import { RegistryClient } from "../../../support/registry-client.ts";
import { scratchDirectory } from "../../../support/scratch-directory.ts";
import { testRegistry } from "../../../support/test-registry.ts";
import { startFakeUpstream } from "../../../support/upstream/fake-upstream.ts";

const mirrored = "up.example/team/app";
const password = "the password of the administrator";
const authorization = `Basic ${Buffer.from(`admin:${password}`).toString("base64")}`;
const eventually = { timeout: 60_000, interval: 100 };

interface Status {
  readonly running: boolean;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly error: string | null;
  readonly repaired: boolean;
  readonly damaged: number;
  readonly findings: readonly Record<string, unknown>[];
}

async function openUpstream() {
  const upstream = await startFakeUpstream();
  onTestFinished(() => upstream.close());
  const image = upstream.content.addImage("team/app", "v1", { layers: [100_000] });
  const [layer] = image.manifests[0]?.layers ?? [];
  if (layer === undefined) throw new Error("the image has a layer");
  return { upstream, layer };
}

async function serve(dataDirectory: string, upstreamUrl = "http://127.0.0.1:1", env: object = {}) {
  const registry = await testRegistry({
    dataDirectory,
    adminPassword: password,
    env: {
      ...{ BERTH_AUTH_MODE: "accounts", BERTH_METRICS_LISTEN: "127.0.0.1:0", BERTH_SCRUB_ENABLED: "false" },
      ...env,
    },
    file: {
      upstreams: [{ host: "up.example", url: upstreamUrl }],
      mirror: { minFreeBytes: 0 },
    },
  });
  const client = new RegistryClient(registry.url, { headers: { authorization } });
  onTestFinished(() => client.close());
  const ask = async (method: string, path: string, json?: object): Promise<Status> => {
    const body = json && JSON.stringify(json);
    const headers = { "content-type": "application/json" };
    const answer = await client.send(method, `/api/v1${path}`, body === undefined ? {} : { body, headers });
    expect(answer.status).toBe(200);
    return JSON.parse(answer.body.toString("utf8")) as Status;
  };
  const start = (wanted: object) => ask("POST", "/fsck/runs", wanted);
  const status = () => ask("GET", "/fsck");
  const ended = async (): Promise<Status> => {
    await expect.poll(async () => (await status()).running, eventually).toBe(false);
    return status();
  };
  const blob = (repository: string, digest: string) =>
    client.send("GET", `/v2/${repository}/blobs/${digest}`);
  const metric = async (name: string): Promise<number | undefined> => {
    const text = await (await fetch(registry.metricsUrl ?? "")).text();
    const line = text.split("\n").find((one) => one.startsWith(`${name} `));
    return line === undefined ? undefined : Number(line.slice(name.length));
  };
  return { ...registry, client, start, status, ended, blob, metric };
}

/** Flips a bit of a blob's bytes below the server. */
async function flip(dataDirectory: string, digest: string): Promise<void> {
  const database = new Database(join(dataDirectory, "berth.sqlite"), { readonly: true });
  const row = database.prepare("SELECT locator FROM blobs WHERE digest = ?").get(digest);
  database.close();
  const { locator } = row as { locator: string };
  const file = join(dataDirectory, "blobs/blobs", locator);
  const bytes = await readFile(file);
  bytes.writeUInt8(bytes.readUInt8(50_000) ^ 1, 50_000);
  await writeFile(file, bytes);
}

/** A mirror that holds the layer, of which a bit is flipped. */
async function damagedMirror() {
  const { upstream, layer } = await openUpstream();
  const data = await scratchDirectory();
  const berth = await serve(data, upstream.url);
  expect((await berth.blob(mirrored, layer)).status).toBe(200);
  const cached = async () => (await berth.client.send("HEAD", `/v2/${mirrored}/blobs/${layer}`)).status;
  await expect.poll(cached, eventually).toBe(200);
  const held = () => {
    const database = new Database(join(data, "berth.sqlite"), { readonly: true });
    const row = database.prepare("SELECT state FROM blobs WHERE digest = ?").get(layer);
    database.close();
    return (row as { state: string } | undefined)?.state;
  };
  await expect.poll(held, eventually).toBe("present");
  await flip(data, layer);
  const content = upstream.content.repository("team/app").blobs.get(layer);
  return { data, upstream, layer, berth, held, content };
}

const wanted = { repair: true, digests: true };

describe("a check of a server that mirrors", () => {
  it("fetches again what it found damaged, at once, and counts what it read and found", async () => {
    const { upstream, layer, berth, held, content } = await damagedMirror();
    const before = upstream.requests.of("blobGet").length;
    await berth.start(wanted);
    const status = await berth.ended();
    const finding = { kind: "wrong-digest", digest: layer, repositories: [mirrored], refetched: true };
    expect(status).toMatchObject({ error: null, repaired: true, findings: [finding] });
    expect(status.findings[0]?.["quarantined"]).toMatch(/quarantine/);
    expect(held()).toBe("present");
    expect(upstream.requests.of("blobGet")).toHaveLength(before + 1);
    upstream.faults.set({ kind: "reset" });
    expect((await berth.blob(mirrored, layer)).body.equals(content ?? Buffer.alloc(0))).toBe(true);
    expect(await berth.metric('berth_fsck_found_total{kind="wrong-digest"}')).toBe(1);
    expect(await berth.metric('berth_fsck_found_total{kind="missing"}')).toBe(0);
    expect(await berth.metric('berth_fsck_read_bytes_total{by="fsck"}')).toBe(100_000);
  });

  it.each([
    ["is away", { kind: "status", status: 503 }],
    ["has other bytes", { kind: "wrong-bytes" }],
    ["cuts them off at once", { kind: "cut", afterBytes: 0 }],
  ] as const)("does without when the upstream %s, and a later pull heals", async (_how, fault) => {
    const { upstream, layer, berth, held, content } = await damagedMirror();
    const rule = upstream.faults.set(fault);
    await berth.start(wanted);
    const status = await berth.ended();
    expect(status).toMatchObject({ error: null, findings: [{ digest: layer, refetched: false }] });
    expect(held()).toBe("damaged");
    rule.remove();
    const pulled = async () => {
      const { body } = await berth.blob(mirrored, layer).catch(() => ({ body: Buffer.alloc(0) }));
      return content !== undefined && body.equals(content);
    };
    await expect.poll(pulled, eventually).toBe(true);
    await expect.poll(held, eventually).toBe("present");
    await berth.start(wanted);
    expect(await berth.ended()).toMatchObject({ damaged: 0, findings: [] });
  });
});

describe("a check of a mirror whose disk is full", () => {
  it("says of what passed through and was not kept that it is damaged still", async () => {
    const { data, upstream, layer, berth, held } = await damagedMirror();
    await berth.close();
    const full = await serve(data, upstream.url, { BERTH_STORAGE_MIN_FREE_BYTES: "1000000000000000" });
    await full.start(wanted);
    const finding = { digest: layer, refetched: false };
    expect(await full.ended()).toMatchObject({ error: null, findings: [finding] });
    expect(held()).toBe("damaged");
    expect((await full.blob(mirrored, layer)).status).toBe(200);
  });
});

describe("checks of several processes", () => {
  it("are one at a time: a second start changes nothing, and the end of a server ends its own", async () => {
    const data = await scratchDirectory();
    const one = await serve(data);
    const other = await serve(data);
    expect(await one.status()).toMatchObject({ running: false, startedAt: null, endedAt: null });
    const digest = await one.client.pushBlob("team/app", randomBlob(2_000_000));
    await flip(data, digest);
    const begun = await one.start({ digests: true, bytesPerSecond: 65_536 });
    expect(begun).toMatchObject({ running: true, startedAt: expect.any(String) as string, endedAt: null });
    // repairing, and as fast as it goes: it would be over at once
    for (const berth of [one, other]) expect(await berth.start(wanted)).toMatchObject({ running: true });
    await expect.poll(async () => (await other.status()).startedAt, eventually).not.toBeNull();
    const going = await other.status();
    expect(going).toMatchObject({ running: true, endedAt: null, repaired: false });
    await other.start(wanted);
    expect(await other.status()).toMatchObject({ running: true, startedAt: going.startedAt, findings: [] });

    await one.close();
    const end = await other.ended();
    expect(end).toMatchObject({ startedAt: going.startedAt, error: "the server ended", findings: [] });
    expect(end.endedAt).not.toBeNull();
    await other.start(wanted);
    const next = await other.ended();
    expect(next).toMatchObject({ error: null, repaired: true, findings: [{ kind: "wrong-digest", digest }] });
    expect((await other.blob("team/app", digest)).status).toBe(404);
  });
});
