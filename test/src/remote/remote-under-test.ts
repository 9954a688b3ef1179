// A RemoteRegistry with the patience of a test, closed with it.
import { onTestFinished } from "vitest";
import type { RemoteOptions } from "../../../src/remote/remote-options.ts";
import { RemoteRegistry, type RemoteRegistryParts } from "../../../src/remote/remote-registry.ts";

export const impatient = {
  insecure: false,
  maxConnections: 64,
  headersSeconds: 0.5,
  inactivitySeconds: 0.3,
} as const;

export const quietParts: RemoteRegistryParts = { now: Date.now, random: () => 0, environment: {} };

/** To be called within a test. */
export function remoteUnderTest(
  options: Partial<RemoteOptions> & { readonly url: string },
  parts: Partial<RemoteRegistryParts> = {},
): RemoteRegistry {
  const remote = new RemoteRegistry({ ...impatient, ...options }, { ...quietParts, ...parts });
  onTestFinished(() => remote.close());
  return remote;
}
