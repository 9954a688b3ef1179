import { once } from "node:events";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { digestOf } from "../../../storage/digest.ts";
import { failureIn } from "../../contracts/upstream.ts";
import { startFakeUpstream } from "../../support/upstream/fake-upstream.ts";
import { remoteUnderTest } from "./remote-under-test.ts";

const { signal } = new AbortController();
const name = "library/alpine";

async function upstreamWith(layerBytes = 1000) {
  const fake = await startFakeUpstream();
  onTestFinished(() => fake.close());
  return { fake, layer: fake.addImage(name, "3.20", { layers: [layerBytes] }).manifests[0]!.layers[0]! };
}

describe("a transfer", () => {
  it("waits for its reader: little is held here, and no patience runs out meanwhile", async () => {
    const size = 24 * 1024 * 1024;
    const { fake, layer } = await upstreamWith(size);
    const { body } = await remoteUnderTest({ url: fake.url, inactivitySeconds: 0.2 }).fetchBlob(name, layer, {
      signal,
    });
    await once(body, "readable");
    await sleep(600);
    expect(body.readableLength).toBeLessThan(1024 * 1024);
    expect(digestOf(await buffer(body))).toBe(layer);
  });

  it("that is slow, but not silent, comes to its end", async () => {
    const { fake, layer } = await upstreamWith(10_000);
    fake.faults.set({ kind: "slow", bytesPerSecond: 10_000 });
    const remote = remoteUnderTest({ url: fake.url, inactivitySeconds: 0.3 });
    const { body } = await remote.fetchBlob(name, layer, { signal });
    expect(digestOf(await buffer(body))).toBe(layer);
  });

  it("ends with its signal, and with its reader, and makes room for the next", async () => {
    const { fake, layer } = await upstreamWith(20_000_000);
    const remote = remoteUnderTest({ url: fake.url, maxConnections: 1 });
    const leaver = new AbortController();
    const first = await remote.fetchBlob(name, layer, { signal: leaver.signal });
    const ended = buffer(first.body);
    leaver.abort(new Error("gone home"));
    await expect(ended).rejects.toThrow("gone home");
    const second = await remote.fetchBlob(name, layer, { signal });
    second.body.destroy();
    expect((await remote.statBlob(name, layer, { signal })).size).toBe(20_000_000);
  });

  it("for which there is no room within the deadline is our own limit", async () => {
    const { fake, layer } = await upstreamWith(20_000_000);
    const remote = remoteUnderTest({ url: fake.url, maxConnections: 1 });
    const { body } = await remote.fetchBlob(name, layer, { signal });
    const waiting = remote.statBlob(name, layer, { signal: AbortSignal.timeout(50) });
    expect(await failureIn(waiting)).toBe("busy");
    // Whether anybody is there can be asked at any time.
    await remote.ping({ signal: AbortSignal.timeout(20_000) });
    body.destroy();
  });
});

describe("what failed on the way", () => {
  it.each([
    ["a gateway", { kind: "status", status: 503 }],
    ["a connection", { kind: "reset" }],
  ] as const)("(%s) is tried twice more, and not more often", async (_, fault) => {
    const { fake } = await upstreamWith();
    const remote = remoteUnderTest({ url: fake.url });
    fake.faults.set(fault, { times: 2 });
    expect(await failureIn(remote.resolve(name, "3.20", { signal }))).toBe("fine");
    fake.faults.set(fault, { times: 3 });
    await fake.disappear();
    await fake.comeBack();
    expect(await failureIn(remote.resolve(name, "3.20", { signal }))).not.toBe("fine");
    expect(await failureIn(remote.resolve(name, "3.20", { signal }))).toBe("fine");
  });

  it.each([429, 500, 404])("by %i is not tried again", async (status) => {
    const { fake } = await upstreamWith();
    fake.faults.set({ kind: "status", status }, { times: 1 });
    await failureIn(remoteUnderTest({ url: fake.url }).resolve(name, "3.20", { signal }));
    expect(fake.requests.manifestHead).toBe(1);
  });
});

describe("a limit on pulls", () => {
  it("is remembered from the last answer that told of it", async () => {
    const { fake } = await upstreamWith();
    const remote = remoteUnderTest({ url: fake.url }, { now: () => 77 });
    expect(remote.rateLimit()).toBeUndefined();
    const rule = fake.faults.set({ kind: "rate-limit", limit: 100, remaining: 9, windowSeconds: 21_600 });
    await remote.resolve(name, "3.20", { signal });
    rule.remove();
    await remote.resolve(name, "3.20", { signal });
    expect(remote.rateLimit()).toEqual({ limit: 100, remaining: 9, windowSeconds: 21_600, at: 77 });
  });
});
