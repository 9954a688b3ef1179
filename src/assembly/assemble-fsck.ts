// The side of the composition that looks whether all of it is there, and right: checks on request, and the scrub.
import { randomUUID } from "node:crypto";
import { Writable } from "node:stream";
import type { BlobStore } from "../../storage/blobs/blob-store.ts";
import type { Digest } from "../../storage/digest.ts";
import type { MetadataStore } from "../../storage/metadata/metadata-store.ts";
import type { Config } from "../config/load-config.ts";
import type { FsckAdmin } from "../http/admin/fsck-admin.ts";
import { FsckRuns } from "../jobs/fsck/fsck-runs.ts";
import type { Job } from "../jobs/job.ts";
import { adviceFor, Scrub, scrubJob, type ScrubParts } from "../jobs/scrub/scrub.ts";
import type { FsckMetrics } from "../observability/fsck-metrics.ts";
import type { Logger } from "../observability/logger.ts";
import { parseRepositoryName } from "../oci/repository-name.ts";
import type { MirrorSide } from "./assemble-mirror.ts";
import { pause } from "./assemble-collector.ts";
import { readingGraceMilliseconds } from "./reading-grace.ts";

export interface FsckSideParts {
  readonly metadata: MetadataStore;
  readonly blobStore: BlobStore;
  readonly mirror: Pick<MirrorSide, "registry" | "settled">;
  readonly metrics: FsckMetrics;
  readonly logger: Pick<Logger, "error">;
  readonly now: () => number;
}

export interface FsckSide {
  readonly jobs: readonly Job[];
  readonly admin: FsckAdmin;
  /** Ends a check that was begun through `admin`. */
  close(): Promise<void>;
}

export function assembleFsck(config: Config, parts: FsckSideParts): FsckSide {
  const { metadata, blobStore, metrics, now, logger } = parts;
  const stop = new AbortController();
  const shared = {
    metadata,
    blobStore,
    now,
    pause,
    newId: randomUUID,
    refetch: refetchOver(parts, stop.signal),
  };
  const runs = new FsckRuns({
    ...shared,
    expirySeconds: config.uploads.expirySeconds,
    readingGraceMilliseconds: readingGraceMilliseconds(config),
    onRead: (bytes) => metrics.fsck.read(bytes),
    onEnd: (counts) => metrics.fsck.ended(counts),
  });
  const scrub = new Scrub({ ...shared, ...config.scrub, ...scrubEvents(metrics, logger) });
  metrics.watch(async () => {
    const { lastPassAt, scrubbed } = await scrub.status();
    return { lastPassAt, blobs: scrubbed.blobs };
  });
  const enabled = config.scrub.enabled ?? !blobStore.remote;
  return { jobs: enabled ? [scrub] : [], ...fsckAdmin(runs, stop) };
}

export function fsckAdmin(runs: FsckRuns, stop = new AbortController()): Pick<FsckSide, "admin" | "close"> {
  let running: Promise<unknown> = Promise.resolve();
  return {
    admin: {
      status: () => runs.status(),
      start: async (wanted) => {
        const run = stop.signal.aborted ? undefined : await runs.begin(wanted);
        if (run !== undefined) running = run(stop.signal);
      },
    },
    close: async () => {
      stop.abort(new Error("the server ended"));
      await running;
    },
  };
}

function scrubEvents(
  metrics: FsckMetrics,
  logger: Pick<Logger, "error">,
): Pick<ScrubParts, "onRead" | "onDamaged" | "onProblem"> {
  return {
    onRead: (bytes) => metrics.scrub.read(bytes),
    onDamaged: ({ digest, locator }, damage, mended) => {
      metrics.scrub.damaged(damage.kind);
      const what = { job: scrubJob, digest, locator, damage, ...mended };
      logger.error(what, `a stored blob is damaged: ${adviceFor(digest, mended)}`);
    },
    onProblem: (error, { digest, locator }) => {
      const what = { err: error, job: scrubJob, digest, locator };
      logger.error(
        what,
        "a stored blob can't be read; look at its disk and rights: the next pass tries again",
      );
    },
  };
}

/** As if somebody pulled it. */
function refetchOver({ mirror, metadata }: FsckSideParts, signal: AbortSignal) {
  return async (repository: string, digest: Digest): Promise<boolean> => {
    const name = parseRepositoryName(repository);
    if (name === undefined) return false;
    try {
      const blob = await mirror.registry.blobs.open(name, digest);
      await blob?.body.writeTo(nowhere(), signal);
      await mirror.settled(name, digest);
    } catch {
      // an upstream that is away: the next pull tries again
      return false;
    }
    return (await metadata.blobLinks.locate(digest)) !== undefined;
  };
}

function nowhere(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}
