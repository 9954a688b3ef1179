// What clients get while an upstream fails, and what that costs upstream: the whole of Berth over a real one that is
// told how to fail (REQ-33, REQ-34).
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startRegistry, type StartedRegistry } from "../../support/start-registry.ts";
import { startFakeUpstream, type FakeUpstream } from "../../support/upstream/fake-upstream.ts";
import { beginOutage, type Outage, outages } from "../../support/upstream/outages.ts";
import type { UpstreamFault } from "../../support/upstream/upstream-fault.ts";
import type { AddedImage } from "../../support/upstream/upstream-content.ts";

let dataDirectory: string;
let upstream: FakeUpstream;
let berth: StartedRegistry | undefined;
let image: AddedImage;

beforeEach(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), "berth-outages-"));
  upstream = await startFakeUpstream();
  image = upstream.addImage("team/app", "v1", { platforms: ["linux/amd64", "linux/arm64"], layers: [2000] });
});
afterEach(async () => {
  await berth?.close();
  berth = undefined;
  await upstream.close();
  await rm(dataDirectory, { recursive: true });
});

interface Settings {
  readonly url?: string;
  readonly tagTtlSeconds?: number;
  /** Of an upstream that does not answer. */
  readonly isSilent?: boolean;
}

/** More than a busy machine takes, to look up a name that there is not among others; and what can be waited for. */
const [patience, impatience] = [15, 2];

/** A new process on the same data: it remembers no outage. */
async function restart(settings: Settings = {}): Promise<void> {
  const { url = upstream.url, tagTtlSeconds = 0, isSilent = false } = settings;
  await berth?.close();
  const source = { host: "up.example", url, headersSeconds: isSilent ? impatience : patience };
  berth = await startRegistry({
    dataDirectory,
    env: { BERTH_METRICS_LISTEN: "127.0.0.1:0" },
    file: {
      upstreams: [{ ...source, tagTtl: [], tagTtlSeconds }],
      mirror: { checkSeconds: 2 * source.headersSeconds, minFreeBytes: 0 },
    },
  });
}

async function get(kind: "manifests" | "blobs", reference: string, method = "GET") {
  const path = `/v2/up.example/team/app/${kind}/${reference}`;
  const response = await fetch(`${berth?.url}${path}`, { method });
  const body = Buffer.from(await response.arrayBuffer());
  return { status: response.status, headers: response.headers, body };
}

/** Calls to sources so far, by Berth's own figures: there is no server to count what never arrives. */
async function calls(): Promise<number> {
  const text = await (await fetch(berth?.metricsUrl ?? "")).text();
  const lines = text.matchAll(/^berth_mirror_upstream_calls_total\{.*\} (\d+)$/gm);
  return Array.from(lines, ([, count]) => Number(count)).reduce((sum, count) => sum + count, 0);
}

const digestsOf = ({ platform }: { platform: string }) => {
  const child = image.manifests.find((manifest) => manifest.platform === platform);
  if (child === undefined) throw new Error(`no ${platform}`);
  return child;
};

/** As a client does: index, its own platform, config, layers. */
async function pull(reference: string, platform = "linux/amd64"): Promise<number[]> {
  const { digest, config, layers } = digestsOf({ platform });
  const answers = [await get("manifests", reference), await get("manifests", digest)];
  for (const blob of [config, ...layers]) answers.push(await get("blobs", blob));
  return answers.map(({ status }) => status);
}

const whole = [200, 200, 200, 200];

async function begin(outage: Outage): Promise<void> {
  const isSilent = outage.fault?.kind === "stall-before-headers";
  await restart({ url: await beginOutage(upstream, outage), isSilent });
}

describe.each(Object.entries(outages))("an upstream with %s", (_, outage) => {
  it("is needed for nothing that is cached: by tag one call in the window, by digest none", async () => {
    await restart();
    expect(await pull("v1")).toEqual(whole);
    await begin(outage);
    expect(await pull(image.digest)).toEqual(whole);
    expect(await calls()).toBe(0);
    for (let pulls = 0; pulls < 5; pulls += 1) expect(await pull("v1")).toEqual(whole);
    const { headers, body } = await get("manifests", "v1", "GET");
    expect(body).toEqual(image.bytes);
    expect(headers.get("cache-status")).toBe("berth; hit; detail=stale");
    expect(headers.get("warning")).toContain("110");
    expect(Number(headers.get("age"))).toBeLessThan(60);
    expect(await calls()).toBe(1);
  });

  it("is told to whoever wants what is not cached, and the host is not", async () => {
    await begin(outage);
    for (const [kind, reference] of [
      ["manifests", "v1"],
      ["manifests", image.digest],
      ["blobs", digestsOf({ platform: "linux/amd64" }).config],
    ] as const) {
      const { status, headers, body } = await get(kind, reference);
      const { errors } = JSON.parse(body.toString()) as { errors: [{ code: string; message: string }] };
      expect({ status, code: errors[0].code }).toEqual({ status: outage.status, code: outage.code });
      expect(errors[0].message).toContain(outage.says ?? "");
      expect(body.toString()).not.toMatch(/127\.0\.0\.1|nothing\.invalid|localhost/);
      if (outage.status === 429) expect(headers.get("retry-after")).toBe("77");
    }
  });
});

describe("an upstream whose content is not what its digest says", () => {
  it("changes nothing of what is cached, and gives nothing that is not", async () => {
    await restart();
    expect(await pull("v1")).toEqual(whole);
    const next = upstream.addImage("team/app", "v1", { platforms: ["linux/amd64"] });
    upstream.faults.set({ kind: "wrong-bytes" }, { where: ({ route }) => route === "manifestGet" });
    const { status, headers, body } = await get("manifests", "v1");
    expect([status, headers.get("cache-status")]).toEqual([200, "berth; hit; detail=stale"]);
    expect(body).toEqual(image.bytes);
    expect((await get("manifests", next.digest)).status).toBe(502);
  });
});

describe("a healthy upstream", () => {
  it.each<UpstreamFault>([
    { kind: "stall-before-headers" },
    { kind: "portal" },
    { kind: "status", status: 500 },
    { kind: "redirect", to: "http://nothing.invalid/" },
  ])("is not given up because of names that it answers by %o", async (fault) => {
    await restart({ isSilent: fault.kind === "stall-before-headers" });
    upstream.faults.set(fault, { where: ({ name }) => name.startsWith("bad/") });
    const bad = ["one", "two", "three"].map((name) =>
      fetch(`${berth?.url}/v2/up.example/bad/${name}/manifests/v1`),
    );
    for (const answer of await Promise.all(bad)) expect(answer.status).toBeGreaterThan(500);
    expect(await pull("v1")).toEqual(whole);
  });

  it("is asked for nothing by two hundred pulls within the TTL, HEADs among them", async () => {
    await restart({ tagTtlSeconds: 600 });
    await pull("v1");
    upstream.requests.clear();
    const pulls = Array.from({ length: 200 }, (_, index) => (index % 2 ? "GET" : "HEAD"));
    await Promise.all(pulls.map((method) => get("manifests", "v1", method)));
    expect(upstream.requests.all.length).toBe(0);
  });

  it("is asked for the rest of an image when it is back, of which one platform was cached before", async () => {
    await restart();
    expect((await get("manifests", "v1", "HEAD")).headers.get("docker-content-digest")).toBe(image.digest);
    expect(await pull("v1")).toEqual(whole);
    await upstream.disappear();
    expect(await pull("v1")).toEqual(whole);
    expect(await pull(image.digest)).toEqual(whole);
    expect((await get("manifests", "v1")).body).toEqual(image.bytes);
    expect((await get("manifests", digestsOf({ platform: "linux/arm64" }).digest)).status).toBe(502);
    await upstream.comeBack();
    await restart();
    expect(await pull("v1", "linux/arm64")).toEqual(whole);
  });

  it("is told apart in the headers of the answers", async () => {
    await restart({ tagTtlSeconds: 600 });
    const status = async (kind: "manifests" | "blobs", reference: string) =>
      (await get(kind, reference)).headers.get("cache-status");
    const [layer = ""] = digestsOf({ platform: "linux/amd64" }).layers;
    expect([await status("manifests", "v1"), await status("manifests", "v1")]).toEqual([
      "berth; fwd=uri-miss; stored",
      "berth; hit",
    ]);
    expect(await status("blobs", layer)).toBe("berth; fwd=uri-miss; stored");
    await expect.poll(() => status("blobs", layer)).toBe("berth; hit");
  });
});
