// What deleting costs: the time until images of many blobs are collected beside a million others, the statements it takes,
// the longest pause of the event loop, and what those notice who push meanwhile. Beside it the same deletion by CNCF
// Distribution's `garbage-collect`, for which that registry has to be stopped or made read-only.
import { copyFile, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, it } from "vitest";
import { parseReport, type CollectionReport } from "../../../src/jobs/collection-report.ts";
import { openMetadataStore } from "../../../storage/metadata/open-metadata-store.ts";
import { SqlMetadataStore } from "../../../storage/metadata/sql-metadata-store.ts";
import { openSqlite } from "../../../storage/metadata/sqlite/open-sqlite.ts";
import { BerthProcess } from "../../e2e/berth-process.ts";
import { countingRunner } from "../../storage/metadata/counting-runner.ts";
import { distribution, DistributionRegistry } from "../../support/clients/distribution-registry.ts";
import { expectStatus, type RegistryHttp, sha256 } from "../../support/clients/registry-http.ts";
import { layOutImage } from "./distribution-layout.ts";
import { fillLargeStore } from "../large-store.ts";
import { imageMediaType, randomImage } from "../random-image.ts";

const blobsEach = 10;
const sizes = {
  store: Number(process.env["BERTH_TEST_BENCH_BLOBS"] ?? 1_000_000),
  peer: Number(process.env["BERTH_TEST_BENCH_PEER_BLOBS"] ?? 100_000),
};
/** How long after its start a process looks for garbage for the first time: the figures of an idle one come before. */
const firstRunSeconds = 40;
const idleSeconds = 10;

async function pushImage(http: RegistryHttp, repository: string, tag: string, blobCount = 1): Promise<void> {
  const { bytes, blobs } = randomImage(blobCount);
  for (const blob of blobs) await http.pushBlob(repository, blob);
  const answer = await http.pushManifest(repository, tag, bytes, imageMediaType);
  expectStatus(answer, 201, "PUT of a manifest");
}

async function deleteDoomed(http: RegistryHttp, images: number): Promise<void> {
  await inParallel(images, async (n) => {
    expectStatus(await http.send("DELETE", `/v2/doomed/app/manifests/v${n}`), 202, "DELETE of a tag");
  });
}

async function inParallel(count: number, work: (n: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}

interface Pushes {
  readonly times: readonly { readonly beganAt: number; readonly milliseconds: number }[];
  /** Of the server's event loop. */
  readonly longestPause: string;
}

/** What one client sees that pushes images of one small layer, until the work is done. */
async function whilePushing(
  http: RegistryHttp,
  metrics: string,
  work: () => Promise<unknown>,
): Promise<Pushes> {
  await longestPause(metrics);
  const done = new AbortController();
  const working = work().finally(() => done.abort());
  const times: { beganAt: number; milliseconds: number }[] = [];
  while (!done.signal.aborted) {
    const [beganAt, began] = [Date.now(), performance.now()];
    await pushImage(http, "busy/app", "v");
    times.push({ beganAt, milliseconds: performance.now() - began });
  }
  await working;
  return { times, longestPause: `${((await longestPause(metrics)) * 1000).toFixed(0)} ms` };
}

/** Median and 99th percentile of those that began in this time, and how many that were. */
function summary({ times }: Pushes, from = 0, to = Infinity): string {
  const within = times
    .filter(({ beganAt }) => beganAt >= from && beganAt <= to)
    .map(({ milliseconds }) => milliseconds)
    .sort((one, other) => one - other);
  const at = (part: number): string => (within[Math.floor((within.length - 1) * part)] ?? 0).toFixed(1);
  return `${at(0.5)} / ${at(0.99)} (${within.length})`;
}

/** Seconds; since it was asked last. */
async function longestPause(metrics: string): Promise<number> {
  const text = await (await fetch(`http://${metrics}/metrics`)).text();
  return Number(/^berth_nodejs_eventloop_lag_max_seconds (.*)$/m.exec(text)?.[1]);
}

/** Of the first collection that removed something, when it has ended. */
async function firstReport(path: string): Promise<CollectionReport> {
  const metadata = await openMetadataStore({ kind: "sqlite", path });
  try {
    for (let tries = 0; tries < 6000; tries++, await delay(50)) {
      const report = parseReport((await metadata.jobLeases.find("collector"))?.report);
      if (report?.endedAt !== undefined && report.collected.blobs > 0) return report;
    }
    throw new Error("nothing was collected within five minutes");
  } finally {
    await metadata.close();
  }
}

/** What a collection in a copy of the store asks of the database. */
async function statementsOf(path: string): Promise<number> {
  const copy = `${path}.copy`;
  await copyFile(path, copy);
  const work = { statements: 0, rows: 0 };
  const store = new SqlMetadataStore(countingRunner(await openSqlite({ path: copy }), work));
  const before = Date.now() + 1;
  const steps = [
    () => store.garbage.collectManifests({ before, limit: 100 }),
    () => store.garbage.collectLinks({ before, limit: 100, now: before, dueAt: before + 60_000 }),
  ];
  for (const step of steps) while ((await step()).more);
  await store.close();
  await rm(copy);
  return work.statements;
}

async function freeAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `127.0.0.1:${port}`;
}

async function collectBeside(images: number): Promise<object> {
  const metrics = await freeAddress();
  const berth = await BerthProcess.start({
    ...{ BERTH_METRICS_LISTEN: metrics, BERTH_GC_GRACE_SECONDS: "20" },
    BERTH_GC_EVERY_SECONDS: String(firstRunSeconds),
  });
  const database = join(berth.data, "berth.sqlite");
  try {
    await inParallel(images, (n) => pushImage(berth.http, "doomed/app", `v${n}`, blobsEach));
    await berth.stop();
    fillLargeStore(database, { repositories: sizes.store / blobsEach, blobsEach, tagsEach: 1 });
    await berth.start();
    await deleteDoomed(berth.http, images);
    await berth.stop();
    const statements = await statementsOf(database);
    await berth.start();
    const idle = await whilePushing(berth.http, metrics, () => delay(idleSeconds * 1000));
    let report: CollectionReport | undefined;
    await delay((firstRunSeconds - idleSeconds - 2) * 1000);
    const busy = await whilePushing(berth.http, metrics, async () => {
      report = await firstReport(database);
    });
    const { startedAt = 0, endedAt = 0, collected } = report ?? {};
    expect(collected).toMatchObject({ manifests: images, blobs: images * blobsEach });
    return {
      collected: `${images * blobsEach} of ${sizes.store}`,
      ...{ seconds: ((endedAt - startedAt) / 1000).toFixed(1), statements },
      "push p50/p99 ms, idle": summary(idle),
      "while collecting": summary(busy, startedAt, endedAt),
      "longest pause, idle / collecting": `${idle.longestPause} / ${busy.longestPause}`,
    };
  } finally {
    await berth.close();
  }
}

it("shows what a collection takes beside a million blobs, and what those notice who push", async () => {
  const rows: object[] = [];
  for (const images of [100, 500]) rows.push(await collectBeside(images));
  console.table(rows);
});

it.skipIf(distribution.missing)(`shows the same deletion: ${distribution.title}`, async () => {
  const rows: object[] = [];
  for (const blobs of [sizes.peer / 10, sizes.peer]) {
    const registry = await DistributionRegistry.start();
    try {
      const doomed: string[] = [];
      for (let n = 0; n < blobs / blobsEach; n++) {
        const image = randomImage(blobsEach);
        const isDoomed = doomed.length < 100;
        layOutImage(registry.data, isDoomed ? "doomed/app" : `large/app${n}`, `v${n}`, image);
        if (isDoomed) doomed.push(sha256(image.bytes));
      }
      const deleting = performance.now();
      for (const digest of doomed) {
        const answer = await registry.http.send("DELETE", `/v2/doomed/app/manifests/${digest}`);
        expectStatus(answer, 202, "DELETE of a manifest");
      }
      const stopping = performance.now();
      await registry.stop();
      await registry.collectGarbage();
      rows.push({
        collected: `${doomed.length * blobsEach} of ${blobs}`,
        "DELETEs, s": ((stopping - deleting) / 1000).toFixed(1),
        "garbage-collect, s, nobody served": ((performance.now() - stopping) / 1000).toFixed(1),
      });
    } finally {
      await registry.close();
    }
  }
  console.table(rows);
});
