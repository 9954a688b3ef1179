// Settings of a mirror for tests: no wait that a busy machine may need, nothing kept for long, one upstream with one source unless told.
import type {
  MirrorSettings,
  SourceSettings,
  UpstreamSettings,
} from "../../../src/pull-through/upstream-settings.ts";

export function sourceSettings(
  given: Partial<SourceSettings> & { readonly url?: string } = {},
): SourceSettings {
  const { url = "https://source.example", ...rest } = given;
  return {
    remote: { url, insecure: false, maxConnections: 8, headersSeconds: 5, inactivitySeconds: 5 },
    trusted: true,
    rewrite: [],
    ...rest,
  };
}

export function upstreamSettings(given: Partial<UpstreamSettings> = {}): UpstreamSettings {
  return {
    name: "up.example",
    aliases: [],
    prefixes: [],
    sources: [sourceSettings()],
    library: false,
    allow: [],
    deny: [],
    anonymous: true,
    tagTtl: [],
    tagTtlSeconds: 60,
    onDeletion: "keep",
    ...given,
  };
}

export function mirrorSettings(given: Partial<MirrorSettings> = {}): MirrorSettings {
  return {
    upstreams: [upstreamSettings()],
    default: undefined,
    virtual: [],
    checkSeconds: 20,
    backoffSeconds: 30,
    negativeSeconds: 20,
    rateLimitReserve: 0,
    maxManifestBytes: 4 * 1024 * 1024,
    maxBytes: undefined,
    lowWater: 0.9,
    idleSeconds: undefined,
    pins: [],
    minFreeBytes: 0,
    finishAbandoned: true,
    spoolDirectory: "/nonexistent",
    ...given,
  };
}
