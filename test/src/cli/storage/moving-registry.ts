// A registry whose blobs are to move from one directory to another: its two configurations, and what was pushed to it.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { RegistryClient } from "../../../support/registry-client.ts";
import { randomBlob } from "../../../support/images.ts";
import { startRegistry, type StartedRegistry } from "../../../support/start-registry.ts";
import { scratchDirectory } from "../../../support/scratch-directory.ts";
import { registryAtHand, type RegistryAtHand } from "../registry-at-hand.ts";

export interface MovingRegistry extends RegistryAtHand {
  /** The configuration file of the target. */
  readonly to: string;
  readonly source: string;
  readonly target: string;
  /** Serves what the database says from where it says. */
  readonly serve: (place: "source" | "target") => Promise<StartedRegistry>;
  /** Pushes that many random blobs of a few kilobytes, and remembers them. */
  readonly push: (url: string, count: number) => Promise<void>;
  /** Pushes all of them once more. */
  readonly pushAgain: (url: string) => Promise<void>;
  /** Digests of what was acknowledged and can't be pulled. */
  readonly lost: (url: string) => Promise<string[]>;
}

export async function movingRegistry(): Promise<MovingRegistry> {
  const data = await scratchDirectory();
  const [source, target] = [join(data, "blobs"), join(data, "elsewhere")];
  const to = join(data, "elsewhere.yaml");
  await writeFile(to, `storage: { blobs: { filesystem: { directory: ${JSON.stringify(target)} } } }\n`);
  const acknowledged = new Map<string, Buffer>();
  const serve: MovingRegistry["serve"] = (place) => {
    const BERTH_STORAGE_BLOBS_FILESYSTEM_DIRECTORY = place === "source" ? source : target;
    return startRegistry({ dataDirectory: data, env: { BERTH_STORAGE_BLOBS_FILESYSTEM_DIRECTORY } });
  };
  const push: MovingRegistry["push"] = (url, count) =>
    withClient(url, async (client) => {
      for (let n = 0; n < count; n++) {
        const content = randomBlob(1 + Math.floor(Math.random() * 20_000));
        acknowledged.set(await client.pushBlob("team/app", content), content);
      }
    });
  const pushAgain: MovingRegistry["pushAgain"] = (url) =>
    withClient(url, async (client) => {
      for (const content of acknowledged.values()) await client.pushBlob("team/app", content);
    });
  const lost: MovingRegistry["lost"] = (url) =>
    withClient(url, async (client) => {
      const missing: string[] = [];
      for (const [digest, content] of acknowledged) {
        const { status, body } = await client.send("GET", `/v2/team/app/blobs/${digest}`);
        if (status !== 200 || !body.equals(content)) missing.push(digest);
      }
      return missing;
    });
  const registry = await registryAtHand({ data, now: Date.now });
  return { ...registry, to, source, target, serve, push, pushAgain, lost };
}

async function withClient<T>(url: string, work: (client: RegistryClient) => Promise<T>): Promise<T> {
  const client = new RegistryClient(url);
  try {
    return await work(client);
  } finally {
    client.close();
  }
}
