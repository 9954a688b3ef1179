// A Berth whose data directory lies in memory where there is such a place: what is tested here is the suite, in
// thousands of requests, and durability has tests of its own.
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startRegistry, type StartedRegistry } from "../support/start-registry.ts";

export async function startQuickRegistry(): Promise<Pick<StartedRegistry, "url" | "close">> {
  const dataDirectory = await mkdtemp(
    join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "berth-conformance-"),
  );
  const registry = await startRegistry({ dataDirectory });
  return {
    url: registry.url,
    close: async () => {
      await registry.close();
      await rm(dataDirectory, { recursive: true, force: true });
    },
  };
}
