// Clients that push, mount, list, refer, delete and pull at two processes, while collections go on all the time: what was
// acknowledged and not deleted is there, byte for byte, and when all is deleted nothing is left. Half a minute, and with
// --long ten. BERTH_TEST_SEED chooses what the clients do.
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { SqliteConnection } from "../../storage/metadata/sqlite/sqlite-connection.ts";
import { RegistryClient } from "../support/registry-client.ts";
import { BerthProcess } from "./berth-process.ts";
import { ChurnClient } from "./churn/churn-client.ts";
import { ChurnContent } from "./churn/churn-content.ts";
import { ChurnLife } from "./churn/churn-life.ts";
import { ChurnServers } from "./churn/churn-servers.ts";
import { randomFrom } from "./churn/random-from.ts";

const milliseconds = process.env["BERTH_TEST_LONG"] === "1" ? 600_000 : 30_000;
const seed = Number(process.env["BERTH_TEST_SEED"] ?? Date.now() % 1_000_000);
const lives = 12;
const tables = ["manifests", "manifest_edges", "tags", "blobs", "blob_links", "discarded_objects", "uploads"];

async function startTwo(): Promise<{ berth: BerthProcess; servers: ChurnServers }> {
  const berth = await BerthProcess.start({ BERTH_GC_GRACE_SECONDS: "1", BERTH_GC_EVERY_SECONDS: "1" });
  onTestFinished(() => berth.close());
  const other = await berth.startAnother();
  onTestFinished(() => other.close());
  const clients = [berth, other].map(({ host }) => new RegistryClient(`http://${host}`));
  onTestFinished(() => clients.forEach((client) => client.close()));
  return { berth, servers: new ChurnServers(clients) };
}

/** Rows of each table that has some, and how many objects there are. */
async function whatIsLeft(berth: BerthProcess): Promise<Record<string, number>> {
  const database = new SqliteConnection(join(berth.data, "berth.sqlite"));
  const left: Record<string, number> = { files: (await berth.filesIn("blobs")).length };
  for (const table of tables) {
    const [row] = database.run({ sql: `SELECT count(*) AS rows FROM ${table}`, parameters: [] });
    left[table] = Number(row?.["rows"]);
  }
  database.close();
  return Object.fromEntries(Object.entries(left).filter(([, count]) => count > 0));
}

describe("while everything is pushed, deleted and collected at once", () => {
  it(
    "what was acknowledged is there, and what was deleted goes, to the last byte",
    async () => {
      const { berth, servers } = await startTwo();
      const content = new ChurnContent(randomFrom(seed));
      const all = Array.from({ length: lives }, (_, index) => {
        const random = randomFrom(seed + index + 1);
        const client = new ChurnClient(servers, random);
        return new ChurnLife(`client${index}`, { client, content, random });
      });
      const end = Date.now() + milliseconds;
      await Promise.all(
        all.map(async (life) => {
          while (Date.now() < end) await life.step();
        }),
      );
      const kept = all.reduce((sum, { images }) => sum + images, 0);
      // all that is needed has been looked at, and all that is not is gone
      await delay(10_000);
      for (const life of all) await life.verifyAll();
      console.log([`seed ${seed}, ${kept} images kept`, ...servers.counts()].join("\n  "));
      for (const life of all) await life.removeAll();
      const left = () => whatIsLeft(berth);
      await expect.poll(left, { timeout: 180_000, interval: 2000 }).toEqual({});
    },
    milliseconds + 400_000,
  );
});
