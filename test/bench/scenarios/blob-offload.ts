// A large blob through nginx that is told by Berth to send the file itself, with the very snippet that users copy.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { downloader } from "../load/curl.ts";
import { ratioAtLeast, type Scenario } from "../scenario.ts";
import { startNginx } from "../servers/nginx.ts";
import { nginxSendfile, pushFile } from "./blob-reads.ts";

const offloaded = "Berth behind nginx";
const snippet = join(import.meta.dirname, "../../../deploy/nginx-offload.conf");

export const blobOffload: Scenario = {
  name: "blob-get-offloaded",
  rows: [
    {
      ...{ title: "large blob GET through nginx (http.offload)", figure: "rate", unit: "MiB/s", per: "GiB" },
      ...{ of: offloaded, against: nginxSendfile, target: ratioAtLeast(0.9) },
    },
  ],
  open: async (bench) => {
    const environment = { BERTH_HTTP_OFFLOAD: "nginx", BERTH_HTTP_TRUSTED_PROXIES: "[loopback]" };
    const berth = await bench.startBerth({ environment });
    const file = await bench.shared.largeFile(bench.pace.mebibytes);
    await pushFile(berth, file);
    const included = readFileSync(snippet, "utf8").replace(
      /alias [^;]*;/,
      `alias ${berth.data}/blobs/blobs/;`,
    );
    const proxying = `proxy_pass http://berth; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $remote_addr;`;
    const front = bench.closeLater(
      await startNginx(bench.folder, `location / { ${proxying}\n${included} }`, new URL(berth.url).host),
    );
    const plain = bench.closeLater(await startNginx(bench.folder, `root ${file.folder};`));
    const both = (): number[] => [...front.pids(), ...berth.pids()];
    const url = `${front.url}/v2/team/app/blobs/${file.digest}`;
    return [
      downloader(offloaded, both, { ...file, url, streams: 1 }),
      downloader(nginxSendfile, plain.pids, { ...file, url: `${plain.url}/${file.name}`, streams: 1 }),
    ];
  },
};
