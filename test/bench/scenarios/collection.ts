// Collecting garbage in a large store: how long its queries take to find it, and how long the event loop of a Berth that
// collects it ever stands still.
import { copyFile, mkdir } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseReport } from "../../../src/jobs/collection-report.ts";
import { lookAtTouched, type TouchPlace } from "../../../storage/metadata/commands/looked-at-links.ts";
import { openMetadataStore } from "../../../storage/metadata/open-metadata-store.ts";
import { openSqlite } from "../../../storage/metadata/sqlite/open-sqlite.ts";
import type { Bench } from "../bench.ts";
import { makeDurable } from "../large-database.ts";
import { freePort } from "../servers/berth-server.ts";
import { atMost, WrongAnswer, type Measurement, type Scenario } from "../scenario.ts";

/**
 * Hints per question. The collector, which asks the same in the transaction that removes, takes fifty at a time for the sake
 * of those who wait to write; a question costs some 50 µs besides its rows.
 */
const pageRows = 1000;

export const garbageFound: Scenario = {
  name: "garbage-found",
  rows: [
    {
      title: "collector, finding a hundredth of the blobs, queries",
      figure: "found",
      unit: "ms",
      target: atMost(10),
    },
  ],
  open: async (bench) => {
    const { path, garbage } = await bench.shared.largeDatabase();
    const runner = bench.closeLater(await openSqlite({ path }));
    const measure = async (): Promise<Measurement> => {
      const begun = performance.now();
      let count = 0;
      for (let page = await look(undefined); page.last !== undefined; page = await look(page.last))
        count += page.links.filter(({ isNamed }) => !isNamed).length;
      const found = performance.now() - begun;
      if (count !== garbage) throw new WrongAnswer(`${count} of ${garbage} were found`);
      return { figures: { found }, units: count };
    };
    const look = (after: TouchPlace | undefined) =>
      runner.read(() => lookAtTouched(Date.now(), after, pageRows));
    return [{ name: "Berth", measure }];
  },
};

export const collectionPause: Scenario = {
  name: "collection-pause",
  rows: [
    {
      title: "longest pause of the event loop in a collection",
      figure: "pause",
      unit: "ms",
      target: atMost(50),
    },
  ],
  open: async (bench) => [{ name: "Berth", measure: () => collect(bench), warmUp: async () => undefined }],
};

/** Each time in a copy, from which Berth collects by itself. */
async function collect(bench: Bench): Promise<Measurement> {
  const { path, garbage } = await bench.shared.largeDatabase();
  const data = join(bench.folder, randomUUID());
  await mkdir(data);
  await copyFile(path, join(data, "berth.sqlite"));
  await makeDurable(join(data, "berth.sqlite"));
  const metrics = `127.0.0.1:${await freePort()}`;
  const environment = {
    BERTH_METRICS_LISTEN: metrics,
    BERTH_GC_GRACE_SECONDS: "1",
    BERTH_GC_EVERY_SECONDS: "3",
  };
  const berth = await bench.startBerth({ data, environment });
  try {
    await longestPause(metrics);
    const collected = await collectedBlobs(join(data, "berth.sqlite"));
    if (collected !== garbage) throw new WrongAnswer(`${collected} of ${garbage} were collected`);
    return { figures: { pause: await longestPause(metrics) }, units: 1 };
  } finally {
    await berth.close();
  }
}

/** Milliseconds; since it was asked last. */
async function longestPause(metrics: string): Promise<number> {
  const text = await (await fetch(`http://${metrics}/metrics`)).text();
  return Number(/^berth_nodejs_eventloop_lag_max_seconds(?:\{.*\})? (.*)$/m.exec(text)?.[1]) * 1000;
}

/** By the report of the first collection that has ended and removed something. */
async function collectedBlobs(path: string): Promise<number> {
  const metadata = await openMetadataStore({ kind: "sqlite", path });
  try {
    for (let tries = 0; tries < 600; tries++, await delay(200)) {
      const report = parseReport((await metadata.jobLeases.find("collector"))?.report);
      if (report?.endedAt !== undefined && report.collected.blobs > 0) return report.collected.blobs;
    }
    throw new WrongAnswer("nothing was collected within two minutes");
  } finally {
    await metadata.close();
  }
}
