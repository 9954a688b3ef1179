// A RemoteRegistry with the patience that a busy machine wants, closed with the test.
import { onTestFinished } from "vitest";
import type { RemoteOptions } from "../../../src/remote/remote-options.ts";
import { RemoteRegistry, type RemoteRegistryParts } from "../../../src/remote/remote-registry.ts";

export const patient = {
  insecure: false,
  maxConnections: 64,
  headersSeconds: 10,
  inactivitySeconds: 10,
} as const;

export const quietParts: RemoteRegistryParts = { now: Date.now, random: () => 0, environment: {} };

/** To be called within a test. */
export function remoteUnderTest(
  options: Partial<RemoteOptions> & { readonly url: string },
  parts: Partial<RemoteRegistryParts> = {},
): RemoteRegistry {
  const remote = new RemoteRegistry({ ...patient, ...options }, { ...quietParts, ...parts });
  onTestFinished(() => remote.close());
  return remote;
}
