// Two processes on one port, against one: what they answer in all, and what of it a CPU second of the server buys.
import { pushImage } from "../content.ts";
import { downloader } from "../load/curl.ts";
import { ratioAtLeast, ratioAtMost, type Scenario } from "../scenario.ts";
import { reader } from "../small-reads.ts";
import { pushFile } from "./blob-reads.ts";

const repository = "team/app";
const two = "Berth, 2 workers";
/** 0.85 of the work for a CPU second is so much more CPU for the work. */
const mostCpu = 1.18;

export const workersManifest: Scenario = {
  name: "workers-manifest-get",
  rows: [
    {
      ...{ title: "manifest GET, two processes", figure: "rate", unit: "requests/s", per: "request" },
      ...{ of: two, against: "Berth", target: ratioAtLeast(1.2) },
    },
    {
      ...{ title: "manifest GET, two processes, CPU of the server", figure: "cpu", unit: "s/request" },
      ...{ of: two, against: "Berth", target: ratioAtMost(mostCpu) },
    },
  ],
  open: async (bench) => {
    const servers = [
      await bench.startBerth(),
      await bench.startBerth({ name: two, args: ["--workers", "2"] }),
    ];
    const { bytes } = await pushImage(servers, { repository, tag: "v1", layers: 6 });
    const read = { path: `/v2/${repository}/manifests/v1`, body: bytes };
    return servers.map((server) => reader(server, read, bench.pace.seconds));
  },
};

export const workersBlob: Scenario = {
  name: "workers-blob-get",
  rows: [
    {
      ...{ title: "blob GET, 16 streams, two processes", figure: "rate", unit: "MiB/s", per: "GiB" },
      ...{ of: two, against: "Berth", target: ratioAtLeast(1) },
    },
    {
      ...{ title: "blob GET, 16 streams, two processes, CPU of the server", figure: "cpu", unit: "s/GiB" },
      ...{ of: two, against: "Berth", target: ratioAtMost(mostCpu) },
    },
  ],
  open: async (bench) => {
    const servers = [
      await bench.startBerth(),
      await bench.startBerth({ name: two, args: ["--workers", "2"] }),
    ];
    const file = await bench.shared.largeFile(bench.pace.mebibytes / 4);
    for (const server of servers) await pushFile(server, file);
    const path = `/v2/${repository}/blobs/${file.digest}`;
    return servers.map(({ name, url, pids }) =>
      downloader(name, pids, { ...file, streams: 16, url: url + path }),
    );
  },
};
