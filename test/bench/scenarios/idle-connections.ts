// What a thousand idle connections and two hundred slow readers do to somebody who asks for a manifest.
import { pushImage } from "../content.ts";
import { ratioAtMost, type Scenario } from "../scenario.ts";
import { reader } from "../small-reads.ts";
import { pushFile } from "./blob-reads.ts";

const repository = "team/app";
const unloaded = "Berth, unloaded";

export const idleConnections: Scenario = {
  name: "idle-connections",
  rows: [
    {
      title: "manifest GET beside 1,000 idle connections and 200 slow readers, p99",
      ...{ figure: "p99", unit: "ms", per: "request", against: unloaded, target: ratioAtMost(2) },
    },
  ],
  open: async (bench) => {
    const loaded = await bench.startBerth();
    const alone = await bench.startBerth({ name: unloaded });
    const { bytes } = await pushImage([loaded, alone], { repository, tag: "v1", layers: 6 });
    const file = await bench.shared.largeFile(bench.pace.mebibytes / 4);
    await pushFile(loaded, file);
    const path = `/v2/${repository}/blobs/${file.digest}`;
    await bench.startProgram("load/idle-clients", loaded.url, path, "1000", "200");
    const read = { path: `/v2/${repository}/manifests/v1`, body: bytes };
    return [loaded, alone].map((server) => reader(server, read, bench.pace.seconds));
  },
};
