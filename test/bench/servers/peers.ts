// Registries of others, to be measured beside Berth: CNCF Distribution where it is installed, and those given by URL.
import { distribution, DistributionRegistry } from "../../support/clients/distribution-registry.ts";
import { processTree } from "../process-usage.ts";
import { serverAt, type Server } from "./server.ts";

/** @param installed whether CNCF Distribution takes part, where it is installed */
export async function startPeers(
  given: readonly { readonly name: string; readonly url: string }[],
  { installed }: { readonly installed: boolean },
): Promise<Server[]> {
  const others = given.map(({ name, url }) => serverAt(name, url));
  return installed && !distribution.missing ? [await startDistribution(), ...others] : others;
}

async function startDistribution(): Promise<Server> {
  const registry = await DistributionRegistry.start();
  return {
    name: distribution.title.replace(/^.* (\d+\.\d+).*$/, "docker-registry $1"),
    url: `http://${registry.host}`,
    http: registry.http,
    pids: () => processTree(registry.process.pid),
    close: () => registry.close(),
  };
}

/** What has to be known beside the figures of such a peer; undefined where there is nothing to say. */
export function noteOn(peer: string): string | undefined {
  if (!peer.startsWith("docker-registry 2.")) return undefined;
  return (
    `${peer} is Debian's CNCF Distribution. Version 2.8 is some ten times slower on small requests than ` +
    "Distribution v3: no ratio against it is one against v3."
  );
}
