// `berth gc` as an operator sees it, beside a server and without one: text, JSON, exit codes, progress, the audit trail.
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { collectorJob } from "../../../../src/jobs/collection-run.ts";
import { openMetadataStore } from "../../../../storage/metadata/open-metadata-store.ts";
import { randomBlob } from "../../../support/images.ts";
import { scratchDirectory } from "../../../support/scratch-directory.ts";
import { registryAtHand } from "../registry-at-hand.ts";
import { day, gcAtHand } from "./gc-at-hand.ts";

describe("berth gc", () => {
  it("removes beside a server what nothing needs, and the bytes once their minute is over", async () => {
    const { berth, clock, server, files } = await gcAtHand();
    await server.client.pushImage("team/app", "v1");
    const kept = await server.client.pushImage("team/app", "v2");
    await server.client.send("DELETE", "/v2/team/app/manifests/v1");
    expect((await berth("gc")).output).toBe("removed 0 manifests, 0 blobs (0 B)\n");
    clock.ahead = day;
    const { code, output, errors } = await berth("gc");
    expect({ code, errors }).toEqual({ code: 0, errors: "" });
    expect(output).toMatch(/^removed 1 manifest, 3 blobs \(1\d\d B\); the bytes go in a minute\n$/);
    const pulled = await server.client.send("GET", `/v2/team/app/manifests/${kept.digest}`);
    expect(pulled.status).toBe(200);
    expect(await files()).toBe(6);
    clock.ahead += 61_000;
    await berth("gc run");
    expect(await files()).toBe(3);
  });

  it("says with --dry-run exactly what that is, and changes nothing", async () => {
    const { berth, json, clock, server } = await gcAtHand();
    const image = await server.client.pushImage("team/app", "v1");
    const loose = await server.client.pushBlob("team/loose", randomBlob(100));
    await server.client.send("DELETE", "/v2/team/app/manifests/v1");
    clock.ahead = day;
    const plan = (await json("gc --dry-run")) as Record<"manifests" | "links" | "blobs", object[]>;
    expect(plan.manifests).toEqual([{ repository: "team/app", digest: image.digest }]);
    expect(plan.links).toContainEqual({ repository: "team/loose", digest: loose });
    expect(plan.blobs).toContainEqual({ digest: loose, size: 100 });
    expect([plan.links.length, plan.blobs.length]).toEqual([4, 4]);
    const { output } = await berth("gc --dry-run");
    expect(output).toMatch(/^KIND +REPOSITORY +DIGEST +SIZE\nmanifest +team\/app +sha256:\w+ +-\n/);
    expect(output).toMatch(/\n\nwould remove 1 manifest, 4 blobs \(\d+ B\)\n$/);
    const removed = await json("gc");
    expect(removed).toMatchObject({ manifests: 1, links: 4, blobs: 4 });
    expect((await berth("gc --dry-run")).output).toBe("would remove 0 manifests, 0 blobs (0 B)\n");
  });

  it("works where no server runs, and says what it needs", async () => {
    const { json, berth } = await registryAtHand();
    expect(await json("gc")).toMatchObject({ manifests: 0, links: 0, blobs: 0, bytes: 0 });
    expect((await berth("gc --dry-run --full")).code).toBe(2);
    const none = await registryAtHand({ data: join(await scratchDirectory(), "none") });
    const { code, errors } = await none.berth("gc");
    expect([code, errors]).toEqual([1, expect.stringMatching(/^There is no database at .*none/)]);
  });

  it("waits for a collection that goes on, and shows how far it is", async () => {
    const { data, berth, server, clock } = await gcAtHand();
    for (let n = 0; n < 3; n++) await server.client.pushBlob("team/app", randomBlob(10));
    const metadata = await openMetadataStore({ kind: "sqlite", path: join(data, "berth.sqlite") });
    clock.ahead = day;
    const now = Date.now() + day;
    await metadata.jobLeases.take(collectorJob, "another", now + 1200, now);
    const { errors, output } = await berth("gc", { answers: [] });
    await metadata.close();
    expect(errors).toContain("another collection goes on; this one waits for its turn");
    expect(output).toContain("removed 0 manifests, 3 blobs");
  });

  it("looks through everything with --full", async () => {
    const { json, clock, server } = await gcAtHand();
    await server.client.pushBlob("team/app", randomBlob(10));
    clock.ahead = day;
    expect(await json("gc --full")).toMatchObject({ links: 1, blobs: 1, bytes: 10 });
  });

  it("stands in the audit trail", async () => {
    const { berth, json } = await registryAtHand();
    await berth("gc");
    expect(await json("audit --action gc.run")).toMatchObject([
      { action: "gc.run", outcome: "allowed", detail: "0 manifests, 0 blobs (0 B)" },
    ]);
  });
});

describe("berth gc status", () => {
  it("says what is to go and when, and what went", async () => {
    const { berth, json, clock, server } = await gcAtHand();
    await server.client.pushBlob("team/app", randomBlob(2048));
    const waiting = await berth("gc status");
    expect(waiting.code).toBe(0);
    expect(waiting.output).toMatch(
      /^running: +no\npending: +2\.0 KiB\nearliest at: +\d{4}-.*Z\nlast began: +/,
    );
    clock.ahead = day;
    await berth("gc");
    expect(await json("gc status")).toMatchObject({
      ...{ running: false, pendingBytes: 0, pendingComplete: true, earliestAt: null, lastError: null },
      collected: { manifests: 0, links: 1, blobs: 1, bytes: 2048 },
      total: { manifests: 0, links: 1, blobs: 1, bytes: 2048 },
    });
  });

  it("exits with 1 when the last collection failed", async () => {
    const { data, berth } = await registryAtHand();
    const metadata = await openMetadataStore({ kind: "sqlite", path: join(data, "berth.sqlite") });
    await metadata.jobLeases.take(collectorJob, "a server", 1, 0);
    const none = { manifests: 0, links: 0, blobs: 0, bytes: 0 };
    const lastError = { at: 5, message: "disk I/O error" };
    const report = JSON.stringify({ startedAt: 1, endedAt: 5, collected: none, total: none, lastError });
    await metadata.jobLeases.save(collectorJob, "a server", { report, until: undefined });
    await metadata.close();
    const { code, errors } = await berth("gc status");
    expect([code, errors]).toEqual([1, "error: the last collection failed: disk I/O error\n"]);
  });
});
