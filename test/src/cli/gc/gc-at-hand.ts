// The command line, and a server, on the same data; the command line's clock is the test's.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { testRegistry, type TestRegistry } from "../../../support/test-registry.ts";
import { registryAtHand, type RegistryAtHand } from "../registry-at-hand.ts";

export const day = 86_400_000;

export interface GcAtHand extends RegistryAtHand {
  /** By how much the command line's clock is ahead of the server's. */
  readonly clock: { ahead: number };
  readonly server: TestRegistry;
  /** How many objects the blob store has. */
  readonly files: () => Promise<number>;
}

export async function gcAtHand(environment: Readonly<Record<string, string>> = {}): Promise<GcAtHand> {
  const clock = { ahead: 0 };
  const registry = await registryAtHand({ environment, now: () => Date.now() + clock.ahead });
  const server = await testRegistry({ dataDirectory: registry.data, env: environment });
  const files = async () => {
    const blobs = join(registry.data, "blobs", "blobs");
    const entries = await readdir(blobs, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).length;
  };
  return { ...registry, clock, server, files };
}
