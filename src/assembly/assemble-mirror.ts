// The mirror's side of the composition: from what the configuration says of upstreams to a registry around the local
// one. Nothing here, or at any start, speaks to an upstream (REQ-33).
import { randomUUID } from "node:crypto";
import type { BlobStore } from "../../storage/blobs/blob-store.ts";
import type { Visibility } from "../../storage/metadata/access-store.ts";
import type { MetadataStore } from "../../storage/metadata/metadata-store.ts";
import type { Config } from "../config/load-config.ts";
import type { MirrorAdmin } from "../http/admin/mirror-admin.ts";
import type { Job } from "../jobs/job.ts";
import type { Logger } from "../observability/logger.ts";
import type { MirrorMetrics } from "../observability/mirror-metrics.ts";
import { SharedDownloads } from "../pull-through/fills/shared-downloads.ts";
import { CacheKeeper, type KeepingSettings } from "../pull-through/keeping/cache-keeper.ts";
import type { MirrorEvents } from "../pull-through/mirror-events.ts";
import { MirrorNamespaces } from "../pull-through/namespaces.ts";
import { OrderedSources } from "../pull-through/ordered-sources.ts";
import { createPullThroughRegistry } from "../pull-through/pull-through-registry.ts";
import { UpstreamMap } from "../pull-through/upstream-map.ts";
import type { PreloadParts } from "../pull-through/preload/preload.ts";
import type { NamespaceResolver } from "../registry/namespace-resolver.ts";
import type { Registry } from "../registry/registry.ts";
import { RemoteRegistry } from "../remote/remote-registry.ts";
import { openMirrorAdmin } from "./mirror-admin.ts";
import { readingGraceMilliseconds } from "./reading-grace.ts";

export interface MirrorParts {
  readonly local: Registry;
  readonly metadata: MetadataStore;
  readonly blobStore: BlobStore;
  readonly logger: Pick<Logger, "warn">;
  readonly metrics?: MirrorMetrics | undefined;
  readonly now: () => number;
}

export interface MirrorSide {
  readonly registry: Registry;
  readonly names: NamespaceResolver;
  /** Resolves when a blob that was read to its end is kept, or will not be. */
  readonly settled: PreloadParts["settled"];
  readonly admin: MirrorAdmin;
  readonly jobs: readonly Job[];
  /** Other limits on what is kept from now on, for what is cached already, too. */
  change(settings: KeepingSettings): void;
  /** For a process that serves: removes what one that died left of its downloads. */
  sweep(): Promise<void>;
  /** Begins no download any more, and waits for those that run; when `grace` fires they are ended. */
  drain(grace: AbortSignal): Promise<void>;
  /** Ends running downloads. */
  close(): Promise<void>;
}

/** Somebody who begins to push may have sent a blob and nothing else yet: the name is theirs for so long. */
const beginningSeconds = 3600;

export function assembleMirror(config: Config, parts: MirrorParts): MirrorSide {
  const { local, metadata, now } = parts;
  const opened =
    config.mirror.upstreams.length === 0 ? withoutUpstreams(config, parts) : openMirror(config, parts);
  let { pins } = config.mirror;
  const admin = openMirrorAdmin({
    ...{
      registry: opened.registry,
      names: opened.names,
      settled: opened.settled,
      held: local.blobs,
      metadata,
      now,
      newId: randomUUID,
    },
    ...{ pins: () => pins, graceMilliseconds: readingGraceMilliseconds(config) },
  });
  return {
    ...opened,
    admin,
    change: (settings) => {
      ({ pins } = settings);
      opened.change(settings);
    },
    drain: async (grace) => {
      await Promise.all([admin.close(), opened.drain(grace)]);
    },
    close: async () => {
      await admin.close();
      await opened.close();
    },
  };
}

type OpenedMirror = Omit<MirrorSide, "admin">;

function withoutUpstreams(config: Config, { local, metadata, now }: MirrorParts): OpenedMirror {
  const nothing = async () => undefined;
  const names = namesOf(config, metadata, now);
  const change = () => undefined;
  const endings = { sweep: nothing, drain: nothing, close: nothing };
  return { registry: local, names, settled: nothing, jobs: [], change, ...endings };
}

function openMirror(config: Config, parts: MirrorParts): OpenedMirror {
  const { mirror: settings, storage } = config;
  // What is fetched never takes the room that pushes must leave.
  const kept = (wanted: KeepingSettings): KeepingSettings => ({
    ...wanted,
    minFreeBytes: Math.max(wanted.minFreeBytes, storage.minFreeBytes),
  });
  const { local, metadata, blobStore, logger, now } = parts;
  const events = eventsFor(parts);
  const onProblem = (error: unknown, what: string) => logger.warn({ err: error }, what);
  const { mirror } = metadata;
  const keeper = new CacheKeeper({
    ...{ mirror, settings: kept(settings), now, onProblem },
    readingGraceMilliseconds: readingGraceMilliseconds(config),
  });
  const map = openUpstreams(settings, events, now);
  const downloads = new SharedDownloads({
    ...{ blobStore, mirror, local: local.blobs, now, newId: randomUUID, onProblem },
    ...{ spoolDirectory: settings.spoolDirectory, finishAbandoned: settings.finishAbandoned },
    admit: (bytes, over) => keeper.admit(bytes, over),
  });
  const registry = createPullThroughRegistry({
    ...{ local, metadata, map, settings, downloads, events, now },
    pulled: (repository, digest) => keeper.pulled(repository, digest),
    sharedWith: (upstream) => sharedWith(config.auth, upstream),
  });
  const sweep = (signal: AbortSignal) => downloads.sweep(signal);
  return {
    registry,
    names: namesOf(config, metadata, now),
    settled: (repository, digest) => downloads.settled({ repository, digest }),
    sweep: () => sweep(new AbortController().signal),
    jobs: [keeper, { name: "abandoned-fills", everySeconds: 60, run: sweep }],
    change: (changed) => keeper.change(kept(changed)),
    drain: (grace) => downloads.close(grace),
    close: async () => {
      await downloads.close();
      // What is left to close is worth more than the last notes.
      await keeper.close().catch((error: unknown) => onProblem(error, "what was pulled could not be noted"));
      await map.close();
    },
  };
}

/** With mode token nothing is known to be public: whose token it is says so. */
function sharedWith({ mode, accounts }: Config["auth"], upstream: string): Visibility {
  if (mode === "open") return { kind: "all" };
  return { kind: "projects", projects: [upstream], defaultProject: accounts.defaultProject };
}

function openUpstreams(settings: Config["mirror"], events: MirrorEvents, now: () => number): UpstreamMap {
  const { backoffSeconds, checkSeconds } = settings;
  const remoteParts = { now, random: Math.random, environment: process.env };
  return new UpstreamMap(
    settings.upstreams,
    ({ name, sources }) =>
      new OrderedSources(sources, {
        connect: (remote) => new RemoteRegistry(remote, remoteParts),
        ...{ backoffSeconds, attemptSeconds: checkSeconds, now },
        onCall: (call, error) => events.asked(name, call, error),
      }),
  );
}

function namesOf({ mirror: settings, http }: Config, metadata: MetadataStore, now: () => number) {
  return new MirrorNamespaces({
    settings,
    isLocal: (name) => metadata.repositories.isLocal(name, now() - beginningSeconds * 1000),
    ownHosts: http.publicUrl === undefined ? [] : [new URL(http.publicUrl).host],
  });
}

/** Each call that fails is told once, in the log; back-off sees to it that those are few. */
function eventsFor({ logger, metrics }: Pick<MirrorParts, "logger" | "metrics">): MirrorEvents {
  return {
    answered: (upstream, outcome) => metrics?.answered(upstream, outcome),
    asked: (upstream, call, error) => {
      metrics?.asked(upstream, call, error?.failure);
      if (error === undefined || error.failure === "absent") return;
      const { failure, retryAfterSeconds, message } = error;
      logger.warn({ upstream, call, failure, retryAfterSeconds, reason: message }, "an upstream failed");
    },
  };
}
