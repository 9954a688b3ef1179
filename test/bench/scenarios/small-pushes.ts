// Small durable pushes: blobs against a bare loop of all that makes one durable, manifests against the same build with a
// transaction for each.
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Bench } from "../bench.ts";
import { pushImage } from "../content.ts";
import { writer } from "../load/small-writes.ts";
import { ratioAtLeast, type Contender, type Scenario } from "../scenario.ts";
import { startProgram } from "../servers/program.ts";
import { ungroupedProgram } from "../servers/berth-server.ts";

const repository = "team/app";
const bareLoop = "bare loop";
const ungrouped = "Berth, grouping off";

export const pushSmall: Scenario = {
  name: "push-small",
  rows: [
    {
      ...{ title: "blob push, 10 KiB, single POST", figure: "rate", unit: "pushes/s", per: "push" },
      ...{ against: bareLoop, target: ratioAtLeast(0.5) },
    },
  ],
  open: async (bench) => {
    const berth = await bench.startBerth();
    const { seconds } = bench.pace;
    const path = `/v2/${repository}/blobs/uploads/`;
    const load = { path, seconds, kind: "blob", connections: 16 } as const;
    return [...[berth, ...bench.peers].map((server) => writer(server, load)), bareLoopOf(bench)];
  },
};

function bareLoopOf({ folder, pace }: Bench): Contender {
  return {
    name: bareLoop,
    measure: async () => {
      const args = [join(folder, randomUUID()), "16", String(pace.seconds)];
      const program = await startProgram("yardsticks/bare-push", args);
      await program.close();
      return { figures: { rate: Number(program.firstLine) }, units: 1 };
    },
  };
}

export const manifestPuts: readonly Scenario[] = [
  { connections: 16, least: 2 },
  { connections: 1, least: 0.95 },
].map(({ connections, least }) => ({
  name: `manifest-put-${connections}`,
  rows: [
    {
      title: `manifest PUT, ${connections} connection${connections === 1 ? "" : "s"}`,
      ...{ figure: "rate", unit: "pushes/s", per: "push", against: ungrouped, target: ratioAtLeast(least) },
    },
  ],
  open: async (bench) => {
    const berth = await bench.startBerth();
    const other = await bench.startBerth({ name: ungrouped, program: ungroupedProgram });
    const servers = [berth, other, ...bench.peers];
    const { bytes } = await pushImage(servers, { repository, tag: "v1", layers: 6 });
    const manifest = JSON.parse(bytes.toString("utf8")) as object;
    const { seconds } = bench.pace;
    const path = `/v2/${repository}/manifests/`;
    return servers.map((server) =>
      writer(server, { path, seconds, manifest, connections, kind: "manifest" }),
    );
  },
}));
