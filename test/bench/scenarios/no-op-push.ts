// What a build pushes that changed nothing: an image of thirty layers, all of which are there.
import { setTimeout as delay } from "node:timers/promises";
import { pushImage } from "../content.ts";
import { imageMediaType } from "../random-image.ts";
import { atMost, WrongAnswer, type Scenario } from "../scenario.ts";
import type { BerthServer } from "../servers/berth-server.ts";
import { expectStatus } from "../../support/clients/registry-http.ts";

const repository = "team/app";
const layers = 30;

export const noOpPush: Scenario = {
  name: "push-nothing-new",
  rows: [
    {
      title: "push of a 30-layer image that is there, time in the server",
      ...{ figure: "server", unit: "ms", per: "push", target: atMost(60) },
    },
  ],
  open: async (bench) => {
    const berth = await bench.startBerth();
    const { bytes, blobs } = await pushImage([berth], { repository, tag: "v1", layers });
    const { http } = berth;
    const push = async (): Promise<void> => {
      for (const digest of blobs) {
        expectStatus(await http.send("HEAD", `/v2/${repository}/blobs/${digest}`), 200, "HEAD of a blob");
      }
      expectStatus(
        await http.pushManifest(repository, "v1", bytes, imageMediaType),
        201,
        "PUT of a manifest",
      );
    };
    const measure = async () => {
      await delay(2);
      const begun = Date.now();
      await push();
      const times = await requestTimes(berth, begun, blobs.length + 1);
      return { figures: { server: times.reduce((sum, time) => sum + time, 0) }, units: 1 };
    };
    return [{ name: berth.name, pids: berth.pids, measure }];
  },
};

/** Milliseconds of each request answered since then, by Berth's log, which is written in the background. */
async function requestTimes(berth: BerthServer, since: number, count: number): Promise<number[]> {
  for (let tries = 0; tries < 500; tries++, await delay(10)) {
    const requests = linesOf(berth.log()).filter(
      ({ msg, time }) => msg === "request" && Date.parse(time) >= since,
    );
    if (requests.length === count) return requests.map(({ milliseconds }) => milliseconds);
  }
  throw new WrongAnswer("the log does not have the requests");
}

interface Line {
  readonly msg: string;
  readonly time: string;
  readonly milliseconds: number;
}

/** The last one may not be whole yet. */
function linesOf(log: string): Line[] {
  const whole = log.split("\n").filter((line) => line.startsWith("{") && line.endsWith("}"));
  return whole.map((line) => JSON.parse(line) as Line);
}
