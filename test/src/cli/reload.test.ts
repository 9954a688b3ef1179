import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { listenForReload } from "../../../src/cli/reload.ts";
import { loadConfig, type Config } from "../../../src/config/load-config.ts";
import { collectLog } from "../../support/log-lines.ts";
import { scratchDirectory } from "../../support/scratch-directory.ts";
import { RecordedTerminal } from "./recorded-terminal.ts";

/** What is logged and taken over of each of these files, by one SIGHUP after the other. */
async function reload(...files: object[]) {
  const file = join(await scratchDirectory(), "berth.yaml");
  const write = (content: object) => writeFile(file, JSON.stringify(content));
  const read = () => loadConfig({ file, env: {} });
  await write({ mirror: { maxBytes: 2_000_000 } });
  const terminal = new RecordedTerminal();
  const { logger, lines } = collectLog();
  const changes: Config[] = [];
  const change = (config: Config) => void changes.push(config);
  const stop = listenForReload({ terminal, log: logger, config: read(), read, change });
  for (const each of files) {
    await write(each);
    terminal.raise("SIGHUP");
  }
  stop();
  expect(terminal.awaitedSignals).toEqual([]);
  return { changes, told: lines.map(({ msg }) => String(msg)) };
}

describe("a server that is told to read its configuration again", () => {
  it("takes over how much is kept and for how long, and says what only a restart changes, each time", async () => {
    const http = { drainSeconds: 5 };
    const { changes, told } = await reload(
      { mirror: { maxBytes: 3_000_000, idleSeconds: 60, pins: ["a/b"], checkSeconds: 2 }, http },
      { mirror: { maxBytes: 3_000_000, idleSeconds: 60, pins: ["a/b"] }, upstreams: ["quay.io"], http },
      { mirror: { maxBytes: 2_000_000, lowWater: 0.5, minFreeBytes: 7 } },
      { mirror: { maxBytes: 2_000_000, lowWater: 0.5, minFreeBytes: 7 } },
    );
    const begin = "SIGHUP: the configuration was read again; ";
    expect(told.map((line) => line.replace(begin, ""))).toEqual([
      "changed: mirror.idleSeconds, mirror.maxBytes, mirror.pins; only a restart changes http.drainSeconds, mirror.checkSeconds",
      "nothing changed; only a restart changes http.drainSeconds, upstreams",
      "changed: mirror.idleSeconds, mirror.lowWater, mirror.maxBytes, mirror.minFreeBytes, mirror.pins",
      "nothing changed",
    ]);
    expect(changes).toMatchObject([
      { http: { drainSeconds: 30 }, mirror: { maxBytes: 3_000_000, idleSeconds: 60, pins: ["a/b"] } },
      { mirror: { maxBytes: 3_000_000, idleSeconds: 60, upstreams: [] } },
      { mirror: { maxBytes: 2_000_000, lowWater: 0.5, pins: [], minFreeBytes: 7 } },
      { mirror: { maxBytes: 2_000_000 } },
    ]);
  });

  it("changes nothing by one that is not valid, and says why", async () => {
    const { changes, told } = await reload({ mirror: { maxBytes: 5 } });
    expect(changes).toEqual([]);
    expect(told).toEqual([expect.stringMatching(/^SIGHUP: nothing was changed\. [^]*mirror\.maxBytes/)]);
  });
});
