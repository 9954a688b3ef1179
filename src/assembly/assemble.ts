// The composition root: a configuration in, a running registry out. The only place that names the adapters.
import { randomUUID } from "node:crypto";
import type { FirstAdmin } from "../../auth/accounts/first-admin.ts";
import type { BlobStore } from "../../storage/blobs/blob-store.ts";
import { openBlobStore } from "../../storage/blobs/open-blob-store.ts";
import type { MetadataStore } from "../../storage/metadata/metadata-store.ts";
import type { DiskRoom } from "../../storage/disk-room.ts";
import { openMetadataStore } from "../../storage/metadata/open-metadata-store.ts";
import { assembleAuth } from "./assemble-auth.ts";
import { assembleCollector, type CollectorSide } from "./assemble-collector.ts";
import { assembleFsck, type FsckSide, type FsckSideParts } from "./assemble-fsck.ts";
import { assembleMirror, type MirrorParts, type MirrorSide } from "./assemble-mirror.ts";
import { assembleRetention, type RetentionSide, type RetentionSideParts } from "./assemble-retention.ts";
import type { AuthParts, AuthSide } from "./auth-side.ts";
import { openRoom, roomForPushes } from "./open-room.ts";
import { blobStoreOptions } from "../config/blob-store-options.ts";
import type { Config } from "../config/load-config.ts";
import { createListener } from "../http/app.ts";
import { networksOf } from "../http/networks.ts";
import { originOf } from "../http/origin.ts";
import { listen, type RunningServer } from "../http/server.ts";
import { CurrentCertificate } from "../http/tls/current-certificate.ts";
import { ExpiredUploads } from "../jobs/expired-uploads.ts";
import type { Job } from "../jobs/job.ts";
import { startScheduler } from "../jobs/scheduler.ts";
import type { Logger } from "../observability/logger.ts";
import { createMetrics, listenForMetrics, type Metrics } from "../observability/metrics.ts";
import type { Figures } from "../observability/workers-metrics.ts";
import { immutableTagsBy } from "../policies/immutable-tags.ts";
import { createLocalRegistry } from "../registry/local-registry.ts";
import type { Registry } from "../registry/registry.ts";
import { TagHistory } from "../registry/tag-history.ts";

export interface RunningRegistry {
  readonly urls: { readonly http: string; readonly metrics?: string };
  /** The account that was made because there was none; its password is to be shown once when it was made up. */
  readonly firstAdmin: FirstAdmin | undefined;
  /** Takes over what can change while it runs: the mirror's limits on what is kept. */
  change(config: Config): void;
  /** For metrics of several processes as one. */
  figures(): Promise<Figures>;
  /** Lets running transfers finish within `http.drainSeconds`, then closes everything in reverse order. */
  close(): Promise<void>;
}

export interface AssembleOptions {
  readonly logger: Logger;
  readonly now?: () => number;
  /** For the first user, with accounts; one is made up without it. */
  readonly adminPassword?: string | undefined;
  /** Whether it does the work that one process does for all; of several workers one is told to. */
  readonly upkeep?: boolean;
  /** Whether writes to the database may share a transaction; only the bench says no, to show what that is worth. */
  readonly grouping?: boolean;
}

export async function assemble(
  config: Config,
  { logger, now = Date.now, adminPassword, upkeep = true, grouping = true }: AssembleOptions,
): Promise<RunningRegistry> {
  const opened: Array<() => Promise<void>> = [];
  const close = async () => {
    for (let next = opened.pop(); next; next = opened.pop()) await next();
  };
  try {
    const certificate = config.http.tls && (await CurrentCertificate.open(config.http.tls, { logger, now }));
    const room = openRoom(config);
    const stores = await openStores(config, { room, grouping }, opened);
    const parts = { ...stores, room, logger, now };
    const { publicUrl, maxManifestBytes } = config.http;
    const origin = originOf({ ...config.http, publicUrl });
    const metrics = createMetrics({ room });
    const { local, retention } = openLocalSide(config, { ...parts, metrics: metrics.retention }, opened);
    const mirror = await openMirrorSide(config, { ...parts, local, metrics: metrics.mirror }, opened);
    const sides = { mirror, retention, ...openUpkeep(config, { ...parts, mirror, metrics }, opened) };
    const asked = { ...parts, ...adminOf(sides), origin, names: mirror.names, adminPassword };
    const auth = await openAuthSide(config, asked);
    opened.push(() => auth.close());
    const jobs = [...Object.values(sides), auth].flatMap((side) => side.jobs);
    jobs.push(expiredUploads(config, stores, now), ...renewals(certificate));
    const scheduler = startScheduler(jobs, logger, { upkeep });
    opened.push(() => scheduler.close());
    const metricsServer = await serveMetrics(config, metrics, auth);
    opened.push(async () => metricsServer?.close());
    let draining = () => false;
    const listener = createListener({
      registry: mirror.registry,
      namespaces: mirror.names,
      ...{ gate: auth.gate, before: auth.before },
      health: { ready: () => readiness(stores, draining()) },
      ...{ metrics: metrics.http, redirects: redirectsOf(config), offload: config.http.offload },
      ...{ logger, origin, publicUrl, maxManifestBytes },
    });
    const server = await listen(listener, addressOf(config, certificate), logger);
    draining = server.draining;
    opened.push(() => drain(config, server, mirror));
    const urls = { http: server.url, ...(metricsServer && { metrics: metricsServer.url }) };
    const change = (next: Config) => mirror.change(next.mirror);
    return { urls, firstAdmin: auth.firstAdmin, change, figures: () => metrics.figures(), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Our own registry, and retention, which is told of its pulls. */
function openLocalSide(
  config: Config,
  { room, ...parts }: RetentionSideParts & Stores & { readonly room: DiskRoom },
  opened: Array<() => Promise<void>>,
): { readonly local: Registry; readonly retention: RetentionSide } {
  const retention = assembleRetention(config, parts);
  opened.push(() => retention.close());
  const { uploads, gc, auth } = config;
  const { defaultProject } = auth.accounts;
  const immutableTags = immutableTagsBy(config.tags.immutable);
  const local = createLocalRegistry({
    ...{ ...parts, uploads, gc, defaultProject, immutableTags, newId: randomUUID },
    ...{ room: roomForPushes(room, config), onPull: retention.pulled },
  });
  return { local, retention };
}

function addressOf({ http }: Config, certificate: CurrentCertificate | undefined) {
  return { ...http, ...http.listen, certificate };
}

async function openMirrorSide(
  config: Config,
  parts: MirrorParts,
  opened: Array<() => Promise<void>>,
): Promise<MirrorSide> {
  const mirror = assembleMirror(config, parts);
  opened.push(() => mirror.close());
  await mirror.sweep();
  return mirror;
}

function openAuthSide(config: Config, parts: Omit<AuthParts, "tagHistory">): Promise<AuthSide> {
  const immutableTags = immutableTagsBy(config.tags.immutable);
  const tagHistory = new TagHistory({ ...parts, ...config.gc, immutableTags });
  return assembleAuth(config, { ...parts, tagHistory });
}

/** What looks after the store by itself. */
function openUpkeep(
  config: Config,
  { metrics, ...parts }: Omit<FsckSideParts, "metrics"> & { readonly metrics: Metrics },
  opened: Array<() => Promise<void>>,
): { readonly collector: CollectorSide; readonly fsck: FsckSide } {
  const collector = assembleCollector(config, { ...parts, metrics: metrics.collector });
  opened.push(() => collector.close());
  const fsck = assembleFsck(config, { ...parts, metrics: metrics.fsck });
  opened.push(() => fsck.close());
  return { collector, fsck };
}

/** What of the sides the admin API works with. */
function adminOf({
  mirror,
  collector,
  retention,
  fsck,
}: {
  readonly mirror: MirrorSide;
  readonly collector: CollectorSide;
  readonly retention: RetentionSide;
  readonly fsck: FsckSide;
}) {
  return {
    mirror: mirror.admin,
    collection: collector.admin,
    retention: retention.admin,
    fsck: fsck.admin,
  };
}

/** Requests and downloads from upstreams have the same time to finish, at the same time: either may wait for the other. */
async function drain({ http }: Config, server: RunningServer, mirror: MirrorSide): Promise<void> {
  const grace = AbortSignal.timeout(http.drainSeconds * 1000);
  await Promise.all([server.close(), mirror.drain(grace)]);
}

interface Stores {
  readonly metadata: MetadataStore;
  readonly blobStore: BlobStore;
}

async function openStores(
  config: Config,
  { room, grouping }: { readonly room: DiskRoom; readonly grouping: boolean },
  opened: Array<() => Promise<void>>,
): Promise<Stores> {
  const { path } = config.storage.metadata.sqlite;
  const metadata = await openMetadataStore({ kind: "sqlite", path, grouping });
  opened.push(() => metadata.close());
  const blobStore = await openBlobStore(blobStoreOptions(config), room);
  opened.push(async () => blobStore.close?.());
  return { metadata, blobStore };
}

async function readiness({ metadata, blobStore }: Stores, isDraining: boolean): Promise<void> {
  if (isDraining) throw new Error("shutting down");
  await Promise.all([metadata.ping(), blobStore.ping()]);
}

async function serveMetrics({ metrics: { listen } }: Config, metrics: Metrics, { expiringRobots }: AuthSide) {
  if (expiringRobots) metrics.watchExpiry(expiringRobots);
  return listen && (await listenForMetrics(metrics, listen));
}

/** Which clients fetch blobs from the bucket itself. */
function redirectsOf({ storage: { blobs } }: Config): ((address: string) => boolean) | undefined {
  if (!("s3" in blobs) || !blobs.s3.redirect) return undefined;
  const { redirectNetworks } = blobs.s3;
  return redirectNetworks.length === 0 ? () => true : networksOf(redirectNetworks);
}

function renewals(certificate: CurrentCertificate | undefined): Job[] {
  if (certificate === undefined) return [];
  const run = () => certificate.refresh();
  return [{ name: "certificate", everySeconds: 3, inEachProcess: true, run }];
}

function expiredUploads({ uploads: { expirySeconds } }: Config, stores: Stores, now: () => number): Job {
  const everySeconds = Math.min(60, expirySeconds);
  return new ExpiredUploads({ ...stores, everySeconds, expirySeconds, now, newId: randomUUID });
}
