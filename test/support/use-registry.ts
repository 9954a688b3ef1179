// One registry and one client for all tests of a file, closed after them.
import { afterAll, beforeAll } from "vitest";
import { RegistryClient } from "./registry-client.ts";
import { startRegistry, type StartedRegistry, type StartOptions } from "./start-registry.ts";

export interface RegistryInUse {
  readonly registry: StartedRegistry;
  readonly client: RegistryClient;
}

/** To be called in a describe block or at the top of a file; the parts are there once tests run. */
export function useRegistry(options: StartOptions = {}): RegistryInUse {
  let parts: RegistryInUse | undefined;
  const started = (): RegistryInUse => {
    if (parts === undefined) throw new Error("the registry is not started yet");
    return parts;
  };
  beforeAll(async () => {
    const registry = await startRegistry(options);
    parts = { registry, client: new RegistryClient(registry.url) };
  });
  afterAll(async () => {
    parts?.client.close();
    await parts?.registry.close();
  });
  return {
    get registry() {
      return started().registry;
    },
    get client() {
      return started().client;
    },
  };
}
