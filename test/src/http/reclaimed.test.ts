// REQ-6: one DELETE is enough. The job of a running registry does the rest; the clock is the test's.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../support/images.ts";
import { expectError } from "../../support/oci-answer.ts";
import { scratchDirectory } from "../../support/scratch-directory.ts";
import { testRegistry } from "../../support/test-registry.ts";

const graceMilliseconds = 86_400_000;

async function start(dataDirectory?: string, clock = { now: Date.now() }) {
  const registry = await testRegistry({
    env: { BERTH_GC_EVERY_SECONDS: "1", BERTH_METRICS_LISTEN: "127.0.0.1:0" },
    now: () => clock.now,
    ...(dataDirectory !== undefined && { dataDirectory }),
  });
  const files = async () => {
    const blobs = join(registry.dataDirectory, "blobs", "blobs");
    const entries = await readdir(blobs, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).length;
  };
  return { ...registry, clock, files };
}

interface Row {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly code?: string;
}

/** After the DELETE, and after the grace: what each address answers. */
// prettier-ignore
const tables: readonly [what: string, path: (digest: string) => string, atOnce: (digest: string) => Row[]][] = [
  ["a tag", () => "v1", (digest) => [
    { method: "GET", path: "/manifests/v1", status: 404, code: "MANIFEST_UNKNOWN" },
    { method: "GET", path: `/manifests/${digest}`, status: 200 },
    { method: "GET", path: "/tags/list", status: 200 },
  ]],
  ["a digest", (digest) => digest, (digest) => [
    { method: "GET", path: "/manifests/v1", status: 404, code: "MANIFEST_UNKNOWN" },
    { method: "GET", path: `/manifests/${digest}`, status: 404, code: "MANIFEST_UNKNOWN" },
    { method: "GET", path: "/tags/list", status: 404, code: "NAME_UNKNOWN" },
  ]],
];

describe.each(tables)("DELETE of %s", (_, referenceOf, atOnce) => {
  it("is 202, shows at once, and the bytes are gone after the grace", async () => {
    const { client, clock, files } = await start();
    const image = await client.pushImage("team/app", "v1");
    const other = await client.pushImage("team/other", "v1");
    const deleted = await client.send("DELETE", `/v2/team/app/manifests/${referenceOf(image.digest)}`);
    expect(deleted.status).toBe(202);
    for (const { method, path, status, code } of atOnce(image.digest)) {
      const answer = await client.send(method, `/v2/team/app${path}`);
      if (code === undefined) expect([path, answer.status]).toEqual([path, status]);
      else expectError(answer, status, code);
    }
    clock.now += graceMilliseconds;
    const [layer = Buffer.alloc(0)] = image.layers;
    const statusOf = async (path: string) => (await client.send("GET", path)).status;
    await expect.poll(() => statusOf(`/v2/team/app/blobs/${digestOf(layer)}`)).toBe(404);
    expect(await statusOf(`/v2/team/app/manifests/${image.digest}`)).toBe(404);
    expectError(await client.send("GET", "/v2/team/app/tags/list"), 404, "NAME_UNKNOWN");
    const catalog = await client.send("GET", "/v2/_catalog");
    expect(JSON.parse(String(catalog.body))).toEqual({ repositories: ["team/other"] });
    expect(await files()).toBe(6);
    clock.now += 60_000;
    await expect.poll(files).toBe(3);
    expect(await statusOf(`/v2/team/other/manifests/${other.digest}`)).toBe(200);
  });
});

describe("metrics", () => {
  it("tell what is to go, when, and what went", async () => {
    const { client, clock, metricsUrl = "" } = await start();
    await client.pushBlob("team/app", Buffer.from("a blob that no manifest names"));
    const pushedAt = clock.now;
    const figures = async (): Promise<Record<string, string>> => {
      const text = await (await fetch(metricsUrl)).text();
      const lines = text.split("\n").filter((line) => line.startsWith("berth_gc_"));
      return Object.fromEntries(lines.map((line) => line.split(" ") as [string, string]));
    };
    expect(await figures()).toMatchObject({
      berth_gc_pending_bytes: "29",
      berth_gc_earliest_reclaim_timestamp_seconds: String((pushedAt + graceMilliseconds) / 1000),
      berth_gc_collected_bytes_total: "0",
    });
    clock.now += graceMilliseconds;
    await expect.poll(async () => (await figures())["berth_gc_collected_bytes_total"]).toBe("29");
    clock.now += 60_000;
    expect(await figures()).toMatchObject({
      berth_gc_pending_bytes: "0",
      'berth_gc_collected_total{kind="blob"}': "1",
      berth_gc_last_error_timestamp_seconds: "0",
    });
  });
});

describe("of two processes on the same data", () => {
  it("either may be pushed to again after the other collected, without a restart (REQ-3)", async () => {
    const dataDirectory = await scratchDirectory();
    const clock = { now: Date.now() };
    const [one, other] = [await start(dataDirectory, clock), await start(dataDirectory, clock)];
    const image = await one.client.pushImage("team/app", "v1");
    const blobs = image.layers.map((layer) => `/v2/team/app/blobs/${digestOf(layer)}`);
    const seenBy = async ({ client }: typeof one) =>
      Promise.all(blobs.map(async (path) => (await client.send("GET", path)).status));
    expect([await seenBy(one), await seenBy(other)]).toEqual([
      [200, 200],
      [200, 200],
    ]);
    await one.client.send("DELETE", "/v2/team/app/manifests/v1");
    clock.now += graceMilliseconds;
    await expect.poll(() => seenBy(one)).toEqual([404, 404]);
    expect(await seenBy(other)).toEqual([404, 404]);
    for (const layer of image.layers) await other.client.pushBlob("team/app", layer);
    const config = (JSON.parse(String(image.bytes)) as { config: { digest: string } }).config.digest;
    expect((await other.client.send("HEAD", `/v2/team/app/blobs/${config}`)).status).toBe(404);
    // what is not there is named, and no 201 is given
    expectError(await one.client.putManifest("team/app", "v1", image), 404, "MANIFEST_BLOB_UNKNOWN");
    clock.now += 60_000;
    await expect.poll(one.files).toBe(2);
    for (const { client } of [one, other]) {
      for (const [index, path] of blobs.entries()) {
        const pulled = await client.send("GET", path);
        expect([pulled.status, pulled.body.equals(image.layers[index] ?? Buffer.alloc(0))]).toEqual([
          200,
          true,
        ]);
      }
    }
  });
});
