// The registry with parts of the test's choosing: another authorizer, a store that fails, short limits. In memory unless
// a store is given.
import { randomUUID } from "node:crypto";
import type { Authenticator } from "../../auth/authenticator.ts";
import type { Authorizer } from "../../auth/authorizer.ts";
import { OpenAuthenticator } from "../../auth/open-authenticator.ts";
import { OpenAuthorizer } from "../../auth/open-authorizer.ts";
import { createListener } from "../../src/http/app.ts";
import { originOf } from "../../src/http/origin.ts";
import { challengesOf } from "../../src/http/challenge.ts";
import { Gate } from "../../src/http/middleware/gate.ts";
import { listen, type ServerOptions } from "../../src/http/server.ts";
import { createLogger, type Logger } from "../../src/observability/logger.ts";
import { createMetrics, type Metrics } from "../../src/observability/metrics.ts";
import type { ImmutableTags } from "../../src/policies/immutable-tags.ts";
import { createLocalRegistry } from "../../src/registry/local-registry.ts";
import type { NamespaceResolver } from "../../src/registry/namespace-resolver.ts";
import type { Registry } from "../../src/registry/registry.ts";
import type { RoomForPushes } from "../../src/registry/room-for-pushes.ts";
import type { BlobStore } from "../../storage/blobs/blob-store.ts";
import { openBlobStore } from "../../storage/blobs/open-blob-store.ts";
import type { MetadataStore } from "../../storage/metadata/metadata-store.ts";
import { openMetadataStore } from "../../storage/metadata/open-metadata-store.ts";

export interface Parts {
  readonly blobStore?: BlobStore;
  readonly metadata?: MetadataStore;
  readonly authenticator?: Authenticator;
  readonly authorizer?: Authorizer;
  readonly namespaces?: NamespaceResolver;
  readonly logger?: Logger;
  readonly publicUrl?: string;
  readonly redirects?: (address: string) => boolean;
  readonly offload?: "nginx";
  readonly trustedProxies?: readonly string[];
  readonly now?: () => number;
  readonly server?: Partial<ServerOptions>;
  readonly uploads?: { readonly expirySeconds?: number; readonly leaseSeconds?: number };
  readonly graceSeconds?: number;
  readonly room?: RoomForPushes;
  readonly immutableTags?: ImmutableTags;
  /** Puts something of the test's own around the registry. */
  readonly wrap?: (registry: Registry) => Registry;
}

export interface ServedParts {
  readonly url: string;
  readonly registry: Registry;
  readonly blobStore: BlobStore;
  readonly metadata: MetadataStore;
  readonly metrics: Metrics;
  /** Begins to drain; resolves when the last connection is gone. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

const limits = { inactivitySeconds: 60, headersSeconds: 60, keepAliveSeconds: 60, drainSeconds: 5 };

export async function serveParts(parts: Parts = {}): Promise<ServedParts> {
  const blobStore = parts.blobStore ?? (await openBlobStore({ kind: "memory" }));
  const metadata = parts.metadata ?? (await openMetadataStore({ kind: "sqlite", path: ":memory:" }));
  const logger = parts.logger ?? createLogger("silent");
  const metrics = createMetrics();
  const registry = (parts.wrap ?? ((inner) => inner))(
    createLocalRegistry({
      blobStore,
      metadata,
      uploads: { expirySeconds: 3600, leaseSeconds: 10, ...parts.uploads },
      gc: { graceSeconds: parts.graceSeconds ?? 86_400 },
      room: parts.room,
      ...(parts.immutableTags && { immutableTags: parts.immutableTags }),
      now: parts.now ?? Date.now,
      newId: randomUUID,
    }),
  );
  const origin = originOf({ publicUrl: parts.publicUrl, trustedProxies: parts.trustedProxies ?? [] });
  const gate = new Gate({
    authenticator: parts.authenticator ?? new OpenAuthenticator(),
    authorizer: parts.authorizer ?? new OpenAuthorizer(),
    challenges: challengesOf({ service: "berth", origin }),
    origin,
    trail: { note: () => undefined, write: async () => undefined },
  });
  const listener = createListener({
    registry,
    gate,
    health: { ready: () => metadata.ping() },
    logger,
    metrics: metrics.http,
    origin,
    publicUrl: parts.publicUrl,
    maxManifestBytes: 4 * 1024 * 1024,
    redirects: parts.redirects,
    offload: parts.offload,
    namespaces: parts.namespaces,
  });
  const server = await listen(listener, { host: "127.0.0.1", port: 0, ...limits, ...parts.server }, logger);
  return {
    url: server.url,
    registry,
    blobStore,
    metadata,
    metrics,
    stop: () => server.close(),
    close: async () => {
      await server.close();
      if (!parts.metadata) await metadata.close();
    },
  };
}
