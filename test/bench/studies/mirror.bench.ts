// What many clients at once cost a mirror that does not hold a layer yet, beside CNCF Distribution as a cache of the same
// upstream: how often the upstream is asked, how long it takes, how much memory, and how late the first byte is.
//
// The clients are one curl with a hundred transfers. What those cost by themselves is measured too: the same hundred for
// the same layer once it is held ("warm"); "cold" can't be shorter than that, nor than the upstream's own pace.
import { once } from "node:events";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { rm } from "node:fs/promises";
import { expect, it } from "vitest";
import { BerthProcess } from "../../e2e/berth-process.ts";
import { mirrorConfiguration } from "../../e2e/mirror-berth.ts";
import type { Daemon } from "../../support/clients/daemon.ts";
import { DistributionRegistry } from "../../support/clients/distribution-registry.ts";
import { runCommand } from "../../support/clients/run-command.ts";

const mebibytes = Number(process.env["BERTH_TEST_BENCH_COLD_MIB"] ?? 1024);
const clients = 100;
const mebibyte = 1024 * 1024;

interface SlowUpstream {
  readonly url: string;
  readonly digest: string;
  readonly gets: () => number;
  close(): Promise<void>;
}

async function startUpstream(size: number, bytesPerSecond: number): Promise<SlowUpstream> {
  const program = new URL("slow-upstream.js", import.meta.url).pathname;
  const args = [program, String(size), String(bytesPerSecond)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout });
  let gets = 0;
  const [first] = (await once(lines, "line")) as [string];
  lines.on("line", () => gets++);
  const [port = "", digest = ""] = first.split(" ");
  return {
    url: `http://127.0.0.1:${port}`,
    digest,
    gets: () => gets,
    close: async () => {
      child.kill();
      await once(child, "exit");
    },
  };
}

interface Mirror {
  readonly name: string;
  readonly process: Daemon;
  /** The blob's address; what another repository has of it counts as cold. */
  readonly blob: (digest: string, repository?: string) => string;
  close(): Promise<void>;
}

async function startBerth(url: string): Promise<Mirror> {
  const { environment, folder } = await mirrorConfiguration({
    upstreams: [{ host: "docker.io", url }],
    mirror: { minFreeBytes: 0 },
  });
  const berth = await BerthProcess.start(environment);
  return {
    name: "Berth",
    process: berth.process,
    blob: (digest, repository = "big") =>
      `http://${berth.host}/v2/docker.io/library/${repository}/blobs/${digest}`,
    close: async () => {
      await berth.close();
      await rm(folder, { recursive: true });
    },
  };
}

async function startDistribution(url: string): Promise<Mirror> {
  const registry = await DistributionRegistry.start({ proxyOf: url });
  return {
    name: "docker-registry",
    process: registry.process,
    blob: (digest, repository = "big") => `http://${registry.host}/v2/library/${repository}/blobs/${digest}`,
    close: () => registry.close(),
  };
}

/** Seconds until `count` transfers of the whole blob have ended, each with the right length. */
async function fetchMany(url: string, count: number, size: number): Promise<number> {
  const each = Array.from({ length: count }, () => ["-o", "/dev/null", url]).flat();
  const begun = performance.now();
  const output = await runCommand(
    "curl",
    [
      "--silent",
      "--parallel",
      "--parallel-immediate",
      "--parallel-max",
      String(count),
      "--write-out",
      "%{size_download}\n",
      ...each,
    ],
    { timeoutSeconds: 580 },
  );
  const seconds = (performance.now() - begun) / 1000;
  const sizes = output.trim().split("\n");
  expect(sizes.filter((length) => Number(length) === size * mebibyte)).toHaveLength(count);
  return seconds;
}

for (const { title, size, bytesPerSecond } of [
  { title: "an upstream as fast as this machine", size: mebibytes, bytesPerSecond: 100_000 * mebibyte },
  { title: "an upstream at 10 MiB/s", size: Math.ceil(mebibytes / 8), bytesPerSecond: 10 * mebibyte },
]) {
  it(`shows ${clients} clients on one cold layer: ${title}`, async () => {
    const rows: object[] = [];
    for (const start of [startBerth, startDistribution]) {
      const row: Record<string, unknown> = {};
      for (const count of [1, clients]) {
        const upstream = await startUpstream(size, bytesPerSecond);
        const mirror = await start(upstream.url);
        try {
          row["mirror"] = mirror.name;
          row["layer"] = `${size} MiB`;
          const cold = await fetchMany(mirror.blob(upstream.digest), count, size).catch(() => undefined);
          row[`cold, ${count}: s`] = cold?.toFixed(1) ?? "failed";
          row[`cold, ${count}: GETs`] = upstream.gets();
          if (count === 1) continue;
          row["RSS peak MiB"] = mirror.process.residentMiB().peak;
          row[`warm, ${count}: s`] = (await fetchMany(mirror.blob(upstream.digest), count, size)).toFixed(1);
          row["GETs in the end"] = upstream.gets();
        } finally {
          await mirror.close();
          await upstream.close();
        }
      }
      rows.push(row);
    }
    console.table(rows);
  });
}

it("shows how late the first byte of a cold layer is", async () => {
  const rounds = 15;
  const rows: object[] = [];
  const firstByte = async (url: string): Promise<number> => {
    const output = await runCommand("curl", ["-s", "-o", "/dev/null", "-w", "%{time_starttransfer}", url]);
    return Number(output) * 1000;
  };
  const median = (values: readonly number[]): number =>
    [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
  // 8 MiB/s: whoever waits for the whole of it is a quarter of a second late.
  const upstream = await startUpstream(2, 8 * mebibyte);
  for (const start of [startBerth, startDistribution]) {
    const mirror = await start(upstream.url);
    const [direct, cold]: [number[], number[]] = [[], []];
    try {
      for (let round = 0; round < rounds; round++) {
        direct.push(await firstByte(`${upstream.url}/v2/library/big/blobs/${upstream.digest}`));
        cold.push(await firstByte(mirror.blob(upstream.digest, `big-${round}`)));
      }
    } finally {
      await mirror.close();
    }
    rows.push({
      mirror: mirror.name,
      "upstream ms": median(direct).toFixed(1),
      "through it, cold, ms": median(cold).toFixed(1),
    });
  }
  await upstream.close();
  console.table(rows);
});
