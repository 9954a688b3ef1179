// The collector: what goes, when, how much at a time, and what is told of it.
import { describe, expect, it } from "vitest";
import { collectorJob } from "../../../src/jobs/collection-run.ts";
import { Collector } from "../../../src/jobs/collector.ts";
import type { GarbagePage } from "../../../storage/metadata/garbage-store.ts";
import { randomBlob } from "../../support/images.ts";
import { collecting, garbageWith, grace, hour } from "./collecting.ts";

const nothing = { manifests: 0, links: 0, blobs: 0, bytes: 0 };

describe("a collection", () => {
  it("removes what was deleted a grace ago, the bytes a minute later, and nothing else", async () => {
    const { client, clock, collect, deleteBytes, objects } = await collecting();
    await client.pushImage("team/app", "gone");
    const kept = await client.pushImage("team/app", "kept");
    await client.send("DELETE", "/v2/team/app/manifests/gone");
    clock.now += grace - 1;
    expect((await collect())?.collected).toEqual(nothing);
    clock.now += 1;
    expect((await collect())?.collected).toMatchObject({ manifests: 1, links: 3, blobs: 3 });
    await deleteBytes();
    expect(await objects()).toBe(6);
    clock.now += 60_000;
    await deleteBytes();
    expect(await objects()).toBe(3);
    const manifest = await client.send("GET", `/v2/team/app/manifests/${kept.digest}`);
    expect([manifest.status, manifest.body.equals(kept.bytes)]).toEqual([200, true]);
  });

  it("removes what was pushed and never named by a manifest", async () => {
    const { client, clock, collect, statusOf } = await collecting();
    const digest = await client.pushBlob("team/app", randomBlob(100));
    clock.now += grace;
    expect((await collect())?.collected).toEqual({ manifests: 0, links: 1, blobs: 1, bytes: 100 });
    expect(await statusOf("HEAD", `/v2/team/app/blobs/${digest}`)).toBe(404);
  });

  it("takes small steps, with a pause after each that keeps the rate", async () => {
    const pauses: number[] = [];
    const { client, clock, parts, steps } = await collecting();
    for (let n = 0; n < 30; n++) await client.pushBlob("team/app", randomBlob(10));
    clock.now += grace;
    const pause = async (milliseconds: number) => void pauses.push(milliseconds);
    const settings = { ...parts.settings, rowsPerSecond: 100 };
    await new Collector({ ...parts, settings, pause }).run(new AbortController().signal);
    expect(steps.map(({ links }) => links)).toEqual([0, 10, 10, 10]);
    expect(pauses).toEqual([100, 100]);
  });

  it("rests for at least as long as a step took", async () => {
    const pauses: number[] = [];
    const { client, clock, parts, metadata } = await collecting();
    for (let n = 0; n < 3; n++) await client.pushBlob("team/app", randomBlob(10));
    clock.now += grace;
    const garbage = garbageWith(metadata.garbage, {
      collectLinks: (step) => {
        clock.now += 2000;
        return metadata.garbage.collectLinks(step);
      },
    });
    const slow = new Collector({
      ...{ ...parts, metadata: { jobLeases: metadata.jobLeases, garbage } },
      pause: async (milliseconds) => void pauses.push(milliseconds),
    });
    await slow.run(new AbortController().signal);
    expect(pauses).toEqual([2000, 2000]);
  });

  it("ends at the signal between two steps, and the next one goes on", async () => {
    const stop = new AbortController();
    const { client, clock, collector, collect, metadata } = await collecting({
      between: async () => stop.abort(),
    });
    for (let n = 0; n < 5; n++) await client.pushBlob("team/app", randomBlob(10));
    clock.now += grace;
    await collector.run(stop.signal);
    expect((await collector.status()).report?.collected.links).toBe(1);
    expect(await metadata.jobLeases.find(collectorJob)).toMatchObject({ until: 0 });
    expect((await collect())?.collected.links).toBe(4);
    expect((await collector.status()).report?.total.links).toBe(5);
  });

  it("is one process's at a time; the lease of one that died runs out, and what it left is collected", async () => {
    const { client, clock, collector, collect } = await collecting();
    await client.pushBlob("team/app", randomBlob(10));
    clock.now += grace;
    // as killed: begun, and never ended
    expect(await collector.begin()).toBeDefined();
    expect((await collector.status()).running).toBe(true);
    expect(await collect()).toBeUndefined();
    clock.now += 15_000;
    expect((await collector.status()).running).toBe(false);
    expect((await collect())?.collected.links).toBe(1);
  });

  it("keeps its lease while it goes on, and ends when another process has taken it", async () => {
    let taken: unknown;
    const { client, clock, parts, collect, metadata } = await collecting({
      between: async () => {
        clock.now += 6000;
      },
    });
    for (let n = 0; n < 6; n++) await client.pushBlob("team/app", randomBlob(10));
    clock.now += grace;
    expect((await collect())?.collected.links).toBe(6);
    for (let n = 0; n < 6; n++) await client.pushBlob("team/app", randomBlob(10));
    clock.now += grace;
    const stopped = new Collector({
      ...parts,
      pause: async () => {
        clock.now += 20_000;
        taken = await metadata.jobLeases.take(collectorJob, "another", clock.now + 15_000, clock.now);
      },
    });
    await stopped.run(new AbortController().signal);
    expect(taken).toBe(true);
    expect((await stopped.status()).running).toBe(true);
    clock.now += 15_000;
    const left = (await collect())?.collected.links ?? 0;
    expect([left > 0, left < 6]).toEqual([true, true]);
  });

  it("that fails is told of, until one succeeds", async () => {
    const { clock, parts, collector, collect, metadata } = await collecting();
    const garbage = garbageWith(metadata.garbage, {
      collectManifests: () => Promise.reject(new Error("disk I/O error")),
    });
    const failing = new Collector({ ...parts, metadata: { jobLeases: metadata.jobLeases, garbage } });
    await expect(failing.run(new AbortController().signal)).rejects.toThrow("disk I/O error");
    const { running, report } = await collector.status();
    expect([running, report?.lastError]).toEqual([false, { at: clock.now, message: "disk I/O error" }]);
    await collect();
    expect((await collector.status()).report?.lastError).toBeUndefined();
  });

  it("finds with `full` what an older program left without a hint", async () => {
    const { client, clock, collector, collect, metadata } = await collecting();
    await client.pushBlob("team/app", randomBlob(10));
    const blind = await collector.begin();
    clock.now += grace;
    await blind?.toTheEnd(new AbortController().signal, { full: true });
    expect((await collect())?.collected.links).toBe(1);
    expect((await metadata.garbage.pending({ graceMilliseconds: grace, limit: 10 })).bytes).toBe(0);
  });
});

describe("a dry run", () => {
  it("is exactly what the run removes", async () => {
    const { client, clock, collector, collect, metadata } = await collecting();
    for (const tag of ["v1", "v2", "v3"]) await client.pushImage("team/app", tag);
    for (const tag of ["v1", "v3"]) await client.send("DELETE", `/v2/team/app/manifests/${tag}`);
    await client.pushBlob("team/other", randomBlob(10));
    clock.now += grace;
    const pages: GarbagePage[] = [];
    for await (const page of collector.plan()) pages.push(page);
    const planned = {
      manifests: pages.flatMap(({ manifests }) => manifests),
      links: pages.flatMap(({ links }) => links),
      blobs: pages.flatMap(({ blobs }) => blobs),
    };
    const report = await collect();
    expect(report?.collected).toEqual({
      ...{ manifests: planned.manifests.length, links: planned.links.length, blobs: planned.blobs.length },
      bytes: planned.blobs.reduce((sum, { size }) => sum + size, 0),
    });
    expect(report?.collected).toMatchObject({ manifests: 2, links: 7 });
    for (const { repository, digest } of planned.manifests)
      expect(await metadata.manifests.findByDigest(repository, digest)).toBeUndefined();
    for (const { repository, digest } of planned.links)
      expect(await metadata.blobLinks.find(repository, digest)).toBeUndefined();
    for (const { digest } of planned.blobs) expect(await metadata.blobLinks.locate(digest)).toBeUndefined();
    const { entries } = await metadata.storedBlobs.list({ limit: 100 });
    expect(entries).toHaveLength(3);
  });
});

describe("the status", () => {
  it("says how many bytes are to go, and when the first may", async () => {
    const { client, clock, collector, collect } = await collecting();
    await client.pushBlob("team/app", randomBlob(100));
    clock.now += hour;
    await client.pushBlob("team/app", randomBlob(20));
    const { pending, report } = await collector.status();
    expect(pending).toEqual({ bytes: 120, earliestAt: clock.now - hour + grace, complete: true });
    expect(report).toBeUndefined();
    clock.now += grace;
    await collect();
    expect(await collector.status()).toEqual({
      running: false,
      report: {
        ...{ startedAt: clock.now, endedAt: clock.now, lastError: undefined },
        collected: { manifests: 0, links: 2, blobs: 2, bytes: 120 },
        total: { manifests: 0, links: 2, blobs: 2, bytes: 120 },
      },
      pending: { bytes: 0, earliestAt: undefined, complete: true },
    });
  });
});
