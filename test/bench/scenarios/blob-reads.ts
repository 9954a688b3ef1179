// Layers: large ones in one stream and in sixteen, against nginx with sendfile and a plain pipe; small ones against
// node:http with the bytes in memory.
import { createReadStream } from "node:fs";
import { randomBytes } from "node:crypto";
import type { Bench } from "../bench.ts";
import { downloader } from "../load/curl.ts";
import type { LargeFile } from "../large-file.ts";
import { atMost, ratioAtLeast, ratioAtMost, type Contender, type Scenario } from "../scenario.ts";
import type { Server } from "../servers/server.ts";
import { startNginx } from "../servers/nginx.ts";
import { bareHttp, reader, startBareHttp } from "../small-reads.ts";
import { expectStatus, sha256, withQuery } from "../../support/clients/registry-http.ts";

const repository = "team/app";
export const nginxSendfile = "nginx sendfile";
const plainPipe = "plain pipe";

export const blobLarge: Scenario = {
  name: "blob-get-large",
  rows: [
    {
      ...{ title: "large blob GET, one stream", figure: "rate", unit: "MiB/s", per: "GiB" },
      ...{ against: nginxSendfile, target: ratioAtLeast(0.4) },
    },
    {
      ...{ title: "large blob GET, one stream, CPU of the server", figure: "cpu", unit: "s/GiB" },
      ...{ against: plainPipe, target: ratioAtMost(0.6) },
    },
  ],
  open: async (bench) => {
    const file = await bench.shared.largeFile(bench.pace.mebibytes);
    const pipe = await bench.startProgram("yardsticks/pipe-server", file.path);
    const piped = downloader(plainPipe, () => [pipe.pid], { ...file, url: pipe.firstLine, streams: 1 });
    return [...(await largeReads(bench, file, 1)), piped];
  },
};

export const blobStreams: Scenario = {
  name: "blob-get-16-streams",
  rows: [
    {
      ...{ title: "blob GET, 16 streams", figure: "rate", unit: "MiB/s", per: "GiB" },
      ...{ against: nginxSendfile, target: ratioAtLeast(0.3) },
    },
    { title: "blob GET, 16 streams, memory", figure: "rss", unit: "MiB", target: atMost(120) },
  ],
  open: async (bench) => largeReads(bench, await bench.shared.largeFile(bench.pace.mebibytes / 4), 16),
};

/** Berth, the peers and nginx, with the file as a blob of theirs. */
async function largeReads(bench: Bench, file: LargeFile, streams: number): Promise<Contender[]> {
  const servers = [await bench.startBerth(), ...bench.peers];
  for (const server of servers) await pushFile(server, file);
  const nginx = bench.closeLater(await startNginx(bench.folder, `root ${file.folder};`));
  return [
    ...servers.map(({ name, url, pids }) =>
      downloader(name, pids, { ...file, streams, url: `${url}/v2/${repository}/blobs/${file.digest}` }),
    ),
    downloader(nginxSendfile, nginx.pids, { ...file, streams, url: `${nginx.url}/${file.name}` }),
  ];
}

export async function pushFile({ http }: Server, { path, digest, mebibytes }: LargeFile): Promise<void> {
  const location = withQuery(await http.startUpload(repository), { digest });
  const headers = { "content-length": mebibytes * 1024 * 1024, "content-type": "application/octet-stream" };
  const body = createReadStream(path, { highWaterMark: 1024 * 1024 });
  expectStatus(await http.send("PUT", location, { headers, body }), 201, "PUT of the large blob");
}

export const blobsSmall: readonly Scenario[] = [4, 100].map((kibibytes) => ({
  name: `blob-get-${kibibytes}k`,
  rows: [
    {
      ...{ title: `blob GET, ${kibibytes} KiB`, figure: "rate", unit: "requests/s", per: "request" },
      ...{ against: bareHttp, target: ratioAtLeast(0.35) },
    },
  ],
  open: async (bench) => {
    const berth = await bench.startBerth();
    const body = randomBytes(kibibytes * 1024);
    for (const { http } of [berth, ...bench.peers]) await http.pushBlob(repository, body);
    const read = { path: `/v2/${repository}/blobs/${sha256(body)}`, body };
    const bare = await startBareHttp(bench, berth, read);
    return [berth, bare, ...bench.peers].map((server) => reader(server, read, bench.pace.seconds));
  },
}));
