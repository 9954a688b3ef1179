// Manifests, which every pull and every poll of a cluster asks for first: GET and HEAD, by tag and by digest.
import { pushImage } from "../content.ts";
import { ratioAtLeast, ratioAtMost, type Scenario } from "../scenario.ts";
import { bareHttp, reader, startBareHttp, type SmallRead } from "../small-reads.ts";

const repository = "team/app";

export const manifestReads: readonly Scenario[] = (["GET", "HEAD"] as const).flatMap((method) =>
  (["tag", "digest"] as const).map((by) => manifestRead(method, by)),
);

function manifestRead(method: "GET" | "HEAD", by: "tag" | "digest"): Scenario {
  const title = `manifest ${method} by ${by}`;
  return {
    name: `manifest-${method.toLowerCase()}-${by}`,
    rows: [
      {
        ...{ title, figure: "rate", unit: "requests/s", per: "request" },
        ...{ against: bareHttp, target: ratioAtLeast(0.45) },
      },
      {
        ...{ title: `${title}, p99`, figure: "p99", unit: "ms" },
        ...{ against: bareHttp, target: ratioAtMost(3) },
      },
    ],
    open: async (bench) => {
      const berth = await bench.startBerth();
      const servers = [berth, ...bench.peers];
      const { bytes, digest } = await pushImage(servers, { repository, tag: "v1", layers: 6 });
      const path = `/v2/${repository}/manifests/${by === "tag" ? "v1" : digest}`;
      // without Accept a registry may answer with another kind of manifest
      const headers = { accept: "application/vnd.oci.image.manifest.v1+json" };
      const read: SmallRead = { path, method, body: bytes, headers };
      const bare = await startBareHttp(bench, berth, read);
      return [berth, bare, ...bench.peers].map((server) => reader(server, read, bench.pace.seconds));
    },
  };
}
