// A registry of one test's own, that can be stopped and started again on the same data.
import { onTestFinished } from "vitest";
import { RegistryClient } from "./registry-client.ts";
import { scratchDirectory } from "./scratch-directory.ts";
import { startRegistry, type StartedRegistry, type StartOptions } from "./start-registry.ts";

export interface TestRegistry extends StartedRegistry {
  readonly client: RegistryClient;
}

/** To be called within a test; what the test leaves open is closed after it. */
export async function testRegistry(options: StartOptions = {}): Promise<TestRegistry> {
  const dataDirectory = options.dataDirectory ?? (await scratchDirectory());
  const registry = await startRegistry({ ...options, dataDirectory });
  const client = new RegistryClient(registry.url);
  let closing: Promise<void> | undefined;
  const close = () => {
    client.close();
    return (closing ??= registry.close());
  };
  onTestFinished(close);
  return { ...registry, client, close };
}
