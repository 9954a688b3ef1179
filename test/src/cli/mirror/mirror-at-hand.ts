// The command line on a data directory whose configuration mirrors fake upstreams, and a server on the same data.
import { onTestFinished } from "vitest";
import { startRegistry, type StartedRegistry } from "../../../support/start-registry.ts";
import { startFakeUpstream, type FakeUpstream } from "../../../support/upstream/fake-upstream.ts";
import { registryAtHand, type RegistryAtHand } from "../registry-at-hand.ts";

export interface MirrorAtHand extends RegistryAtHand {
  /** docker.io and registry.k8s.io at once. */
  readonly upstream: FakeUpstream;
  readonly environment: Readonly<Record<string, string>>;
  readonly serve: () => Promise<StartedRegistry>;
}

export async function mirrorAtHand(more: Readonly<Record<string, string>> = {}): Promise<MirrorAtHand> {
  const upstream = await startFakeUpstream();
  onTestFinished(() => upstream.close());
  const { url } = upstream;
  const environment = {
    BERTH_UPSTREAMS: JSON.stringify([
      { host: "docker.io", url },
      { host: "registry.k8s.io", url },
    ]),
    BERTH_MIRROR_DEFAULT: "docker.io",
    BERTH_MIRROR_MIN_FREE_BYTES: "0",
    ...more,
  };
  const registry = await registryAtHand({ environment, now: Date.now });
  const serve = async () => {
    const server = await startRegistry({ dataDirectory: registry.data, env: environment });
    onTestFinished(() => server.close());
    return server;
  };
  return { ...registry, upstream, environment, serve };
}
