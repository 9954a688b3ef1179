// The upstreams of a configuration, tried one source after the other. Needs no database and no server.
import { lookup } from "node:dns/promises";
import type { Probe } from "../../storage/blobs/probe.ts";
import type { Config } from "../config/load-config.ts";
import { parseImageReference } from "../pull-through/preload/image-reference.ts";
import { probeSource } from "../pull-through/probe-source.ts";
import type { UpstreamSettings } from "../pull-through/upstream-settings.ts";
import { RemoteRegistry } from "../remote/remote-registry.ts";

export interface UpstreamProbe extends Probe {
  /** Its name, and where it is fetched from. */
  readonly upstream: string;
  readonly source: string;
}

/** Small images that have been there for years. */
const wellKnown: Readonly<Record<string, string>> = {
  "docker.io": "docker.io/library/hello-world:latest",
  "registry.k8s.io": "registry.k8s.io/pause:3.9",
  "ghcr.io": "ghcr.io/containerd/busybox:1.36",
  "quay.io": "quay.io/prometheus/busybox:latest",
  "gcr.io": "gcr.io/distroless/static:latest",
  "mcr.microsoft.com": "mcr.microsoft.com/mcr/hello-world:latest",
};

/**
 * @param wanted an upstream, or an image of one; all upstreams without it
 * @throws Error, in a sentence, when no such upstream is configured
 */
export async function* probeUpstreams(
  { mirror: { upstreams } }: Pick<Config, "mirror">,
  wanted: string | undefined,
): AsyncGenerator<UpstreamProbe> {
  for (const { upstream, image } of chosen(upstreams, wanted)) {
    for (const source of upstream.sources) {
      const remote = new RemoteRegistry(source.remote, {
        now: Date.now,
        random: Math.random,
        environment: process.env,
      });
      try {
        const probes = probeSource({
          ...{
            source,
            upstream: remote,
            image: image === undefined ? undefined : namedThere(upstream, image),
          },
          lookUp: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
          mayBeProxied: ["https_proxy", "http_proxy"].some((name) => isSet(name)),
          clock: () => performance.now(),
          signal: AbortSignal.timeout(60_000),
        });
        for await (const probe of probes) {
          yield { upstream: upstream.name, source: source.remote.url, ...probe };
        }
      } finally {
        await remote.close();
      }
    }
  }
}

function isSet(name: string): boolean {
  return Boolean(process.env[name] ?? process.env[name.toUpperCase()]);
}

function chosen(
  upstreams: readonly UpstreamSettings[],
  wanted: string | undefined,
): { readonly upstream: UpstreamSettings; readonly image: string | undefined }[] {
  if (upstreams.length === 0) {
    throw new Error(
      "error: the configuration names no upstreams; upstreams: [defaults] brings the usual ones",
    );
  }
  if (wanted === undefined)
    return upstreams.map((upstream) => ({ upstream, image: wellKnown[upstream.name] }));
  const byName = upstreams.find((one) => isCalled(one, wanted));
  if (byName) return [{ upstream: byName, image: wellKnown[byName.name] }];
  const host = parseImageReference(wanted)?.host;
  const upstream = host === undefined ? undefined : upstreams.find((one) => isCalled(one, host));
  if (upstream) return [{ upstream, image: wanted }];
  const names = upstreams.map(({ name }) => name).join(", ");
  throw new Error(`error: ${wanted} is neither an upstream nor an image of one; configured are ${names}`);
}

function isCalled({ name, aliases }: UpstreamSettings, text: string): boolean {
  return name === text || aliases.includes(text);
}

function namedThere(
  { library }: UpstreamSettings,
  image: string,
): { name: string; reference: string } | undefined {
  const parsed = parseImageReference(image);
  if (parsed === undefined) return undefined;
  const { name, reference } = parsed;
  return {
    name: library && !name.includes("/") ? `library/${name}` : name,
    reference: reference.kind === "tag" ? reference.tag : reference.digest,
  };
}
