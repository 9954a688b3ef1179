// What the request log, to a file, and metrics cost a manifest GET.
import { pushImage } from "../content.ts";
import { ratioAtLeast, type Scenario } from "../scenario.ts";
import { freePort } from "../servers/berth-server.ts";
import { reader } from "../small-reads.ts";

const repository = "team/app";
const silent = "Berth, neither";

export const manifestLogged: Scenario = {
  name: "manifest-get-logged",
  rows: [
    {
      title: "manifest GET with log to a file and metrics",
      ...{ figure: "rate", unit: "requests/s", per: "request" },
      ...{ against: silent, target: ratioAtLeast(0.9) },
    },
  ],
  open: async (bench) => {
    const loud = await bench.startBerth({
      environment: { BERTH_METRICS_LISTEN: `127.0.0.1:${await freePort()}` },
    });
    const quiet = await bench.startBerth({ name: silent, environment: { BERTH_LOG_LEVEL: "silent" } });
    const { bytes } = await pushImage([loud, quiet], { repository, tag: "v1", layers: 6 });
    const read = { path: `/v2/${repository}/manifests/v1`, body: bytes };
    return [loud, quiet].map((server) => reader(server, read, bench.pace.seconds));
  },
};
