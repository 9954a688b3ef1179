// Large downloads by curl, one process a stream: a client in one thread would be slower than nginx.
import { runCommand } from "../../support/clients/run-command.ts";
import { WrongAnswer, type Contender } from "../scenario.ts";
import { sha256Of } from "../sha256-of.ts";

export interface Download {
  readonly url: string;
  readonly digest: string;
  readonly mebibytes: number;
  readonly streams: number;
}

/** Figure `rate`: MiB a second of all streams; a unit is a GiB. The first download is hashed, of the others the length counts. */
export function downloader(name: string, pids: () => readonly number[], download: Download): Contender {
  return {
    name,
    pids,
    warmUp: async () => {
      const digest = await sha256Of(download.url);
      if (digest !== download.digest) throw new WrongAnswer(`what came has the digest ${digest}`);
    },
    measure: async () => {
      const { streams, mebibytes, url } = download;
      const begun = performance.now();
      const lengths = await Promise.all(Array.from({ length: streams }, () => lengthBy(url)));
      const seconds = (performance.now() - begun) / 1000;
      const wrong = lengths.find((length) => length !== mebibytes * 1024 * 1024);
      if (wrong !== undefined) throw new WrongAnswer(`${wrong} bytes came`);
      const total = streams * mebibytes;
      return { figures: { rate: total / seconds }, units: total / 1024 };
    },
  };
}

async function lengthBy(url: string): Promise<number> {
  const args = [
    "--silent",
    "--fail",
    "--location",
    "--output",
    "/dev/null",
    "--write-out",
    "%{size_download}",
    url,
  ];
  return Number(await runCommand("curl", args));
}
