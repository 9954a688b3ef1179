// Two processes on one database and one directory, of which one serves and the other collects and deletes; both can be
// stopped at the points where a race could do harm, and the clock is the test's.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { Collector } from "../../../src/jobs/collector.ts";
import { DiscardedObjects } from "../../../src/jobs/discarded-objects.ts";
import { openBlobStore } from "../../../storage/blobs/open-blob-store.ts";
import { openMetadataStore } from "../../../storage/metadata/open-metadata-store.ts";
import { ObservedBlobStore } from "../../support/observed-blob-store.ts";
import { RegistryClient } from "../../support/registry-client.ts";
import { scratchDirectory } from "../../support/scratch-directory.ts";
import { serveParts } from "../../support/serve-parts.ts";
import { barrier, grace, graceSeconds, hour } from "./collecting.ts";

/** Where the other process is stopped while a client does something. */
export const stops = ["marked", "manifest gone", "claimed", "deleting"] as const;
export type Stop = (typeof stops)[number];

const never = new AbortController().signal;

export async function twoProcesses() {
  const folder = await scratchDirectory();
  const clock = { now: 1_800_000_000_000 };
  const now = () => clock.now;
  const directory = join(folder, "blobs");
  await mkdir(directory);
  const open = async () => ({
    metadata: await openMetadataStore({ kind: "sqlite", path: join(folder, "berth.sqlite"), now }),
    blobStore: await openBlobStore({ kind: "filesystem", directory }),
  });
  const [serving, other] = [await open(), await open()];
  const served = await serveParts({ ...serving, now, graceSeconds });
  const client = new RegistryClient(served.url);
  onTestFinished(async () => {
    client.close();
    await served.close();
    for (const { metadata, blobStore } of [serving, other]) {
      await metadata.close();
      await blobStore.close?.();
    }
  });

  let ids = 0;
  /** One row a step: `pause` comes after each. */
  const collect = (pause: () => Promise<void> = async () => undefined) =>
    new Collector({
      ...{ metadata: other.metadata, now, everySeconds: 60, readingGraceMilliseconds: 60_000, pause },
      ...{ settings: { graceSeconds, rowsPerSecond: 10 }, newId: () => `run ${ids++}` },
    }).run(never);
  const deleteBytes = (onDelete?: () => Promise<void>) => {
    const blobStore = new ObservedBlobStore(other.blobStore, { onDelete });
    return new DiscardedObjects({ blobStore, metadata: other.metadata, everySeconds: 5, now }).run(never);
  };

  /** Lets all time pass that anything waits for, and does all that there is to do. */
  const settle = async (): Promise<void> => {
    clock.now += hour;
    await collect();
    await deleteBytes();
  };

  /**
   * Stops the other process: with what is old `marked` (its run has chosen its time, and only took one row before), with
   * an old `manifest gone` and its blobs not looked at, with all `claimed` and no byte gone, and `deleting`, where the
   * delete queue was read and nothing deleted yet. Gives what lets it go on to its end.
   */
  const stopAt = async (stop: Stop): Promise<() => Promise<void>> => {
    const held = barrier();
    const running = async () => {
      let steps = stop === "manifest gone" ? 2 : 1;
      if (stop === "marked" || stop === "manifest gone")
        return collect(async () => (--steps === 0 ? held.pass() : undefined));
      await collect();
      clock.now += 60_000;
      if (stop === "deleting") return deleteBytes(held.pass);
      return held.pass();
    };
    const done = running();
    await Promise.race([held.arrived, done]);
    return async () => {
      held.open();
      await done;
      await deleteBytes();
    };
  };

  return { client, clock, grace, settle, stopAt };
}
