// The public registries that `defaults` brings, and that need no URL: what people mean by their names.

export interface KnownUpstream {
  readonly host: string;
  /** Other hosts that clients call it by: the same images, one cache entry (REQ-41, REQ-63). */
  readonly aliases: readonly string[];
  readonly url: string;
  /** Whether a name of a single component means library/<name>. */
  readonly library: boolean;
}

const plain = (host: string): KnownUpstream => ({
  host,
  aliases: [],
  url: `https://${host}`,
  library: false,
});

export const knownUpstreams: readonly KnownUpstream[] = [
  {
    host: "docker.io",
    aliases: ["index.docker.io", "registry-1.docker.io"],
    url: "https://registry-1.docker.io",
    library: true,
  },
  { ...plain("registry.k8s.io"), aliases: ["k8s.gcr.io"] },
  plain("ghcr.io"),
  plain("quay.io"),
  plain("gcr.io"),
  plain("mcr.microsoft.com"),
];
