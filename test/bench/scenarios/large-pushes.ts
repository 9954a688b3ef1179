// Pushes of large blobs, 201 included: one stream against what one core can hash and the disk can take, and eight at once
// against one.
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Bench } from "../bench.ts";
import { PushClient } from "../load/push-streams.ts";
import { atMost, ratioAtLeast, type Contender, type Scenario } from "../scenario.ts";
import { startProgram } from "../servers/program.ts";

const limit = "lower of SHA-256 and write";
const byChunks = "Berth, POST+PATCH+PUT";

export const pushLarge: Scenario = {
  name: "push-large",
  rows: [
    {
      ...{ title: "large push, POST+PUT", figure: "rate", unit: "MiB/s", per: "GiB" },
      ...{ against: limit, target: ratioAtLeast(0.75) },
    },
    {
      ...{ title: "large push, POST+PATCH+PUT", figure: "rate", unit: "MiB/s", per: "GiB" },
      ...{ of: byChunks, against: limit, target: ratioAtLeast(0.75) },
    },
  ],
  open: async (bench) => {
    const berth = await bench.startBerth();
    const client = bench.closeLater(await PushClient.start(bench.pace.mebibytes));
    const whole = { way: "POST+PUT", streams: 1 } as const;
    return [
      client.contender(berth, whole),
      client.contender(berth, { ...whole, way: "POST+PATCH+PUT" }, byChunks),
      hashOrWrite(bench),
      ...bench.peers.map((peer) => client.contender(peer, whole)),
    ];
  },
};

/** No push can be faster: its bytes have to be hashed, and to be on the disk. */
function hashOrWrite({ folder, pace }: Bench): Contender {
  const rateOf = async (name: string, ...args: string[]): Promise<number> => {
    const program = await startProgram(`yardsticks/${name}`, args);
    await program.close();
    return Number(program.firstLine);
  };
  return {
    name: limit,
    warmUp: () => rateOf("hash-rate", "64"),
    measure: async () => {
      const hash = await rateOf("hash-rate", String(pace.mebibytes / 2));
      const write = await rateOf("sequential-write", join(folder, randomUUID()), String(pace.mebibytes));
      return { figures: { rate: Math.min(hash, write), hash, write }, units: pace.mebibytes / 1024 };
    },
  };
}

const one = "Berth, one stream";

export const pushStreams: Scenario = {
  name: "push-8-streams",
  rows: [
    {
      ...{ title: "push, 8 streams", figure: "rate", unit: "MiB/s", per: "GiB" },
      ...{ against: one, target: ratioAtLeast(1.15) },
    },
    { title: "push, 8 streams, memory", figure: "rss", unit: "MiB", target: atMost(220) },
  ],
  open: async (bench) => {
    const berth = await bench.startBerth();
    const client = bench.closeLater(await PushClient.start(bench.pace.mebibytes / 8));
    const single = bench.closeLater(await PushClient.start(bench.pace.mebibytes));
    const way = "POST+PUT";
    return [
      client.contender(berth, { way, streams: 8 }),
      single.contender(berth, { way, streams: 1 }, one),
      ...bench.peers.map((peer) => client.contender(peer, { way, streams: 8 })),
    ];
  },
};
