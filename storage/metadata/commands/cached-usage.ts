// How much is cached. A blob counts once, and only while nobody who pushed it has it too: that much would become free.
import type { MirrorUsage, UpstreamUsage } from "../mirror-store.ts";
import { query, queryOne, type Command } from "../statement.ts";

const notPushed =
  "NOT EXISTS (SELECT 1 FROM blob_links p WHERE p.digest = b.digest AND p.pulled_at IS NULL) AND b.state = 'present'";

export function* cachedUsage(): Command<MirrorUsage> {
  const blobs = yield* queryOne<{ blobs: number; bytes: number }>(
    `SELECT count(*) AS blobs, coalesce(sum(b.size), 0) AS bytes
     FROM (SELECT DISTINCT digest FROM blob_links WHERE pulled_at IS NOT NULL) cached
     JOIN blobs b ON b.digest = cached.digest WHERE ${notPushed}`,
  );
  const manifests = yield* queryOne<{ manifests: number }>(
    "SELECT count(*) AS manifests FROM manifests WHERE pulled_at IS NOT NULL",
  );
  return { bytes: blobs?.bytes ?? 0, blobs: blobs?.blobs ?? 0, manifests: manifests?.manifests ?? 0 };
}

interface ManifestsRow {
  readonly upstream: string;
  readonly manifests: number;
  readonly repositories: number;
  readonly last: number;
}

interface BlobsRow {
  readonly upstream: string;
  readonly blobs: number;
  readonly bytes: number;
}

/** A blob of two upstreams counts for both. */
export function* cachedUsageByUpstream(): Command<UpstreamUsage[]> {
  const manifests = yield* query<ManifestsRow>(
    `SELECT r.project AS upstream, count(*) AS manifests, count(DISTINCT r.id) AS repositories, max(m.pulled_at) AS last
     FROM manifests m JOIN repositories r ON r.id = m.repository_id
     WHERE m.pulled_at IS NOT NULL GROUP BY r.project`,
  );
  const blobs = yield* query<BlobsRow>(
    `SELECT upstream, count(*) AS blobs, sum(size) AS bytes FROM (
       SELECT DISTINCT r.project AS upstream, b.digest, b.size
       FROM blob_links l JOIN repositories r ON r.id = l.repository_id JOIN blobs b ON b.digest = l.digest
       WHERE l.pulled_at IS NOT NULL AND ${notPushed}
     ) held GROUP BY upstream`,
  );
  const upstreams = new Set([...manifests, ...blobs].map(({ upstream }) => upstream));
  return [...upstreams].sort().map((upstream) => {
    const held = manifests.find((row) => row.upstream === upstream);
    const bytes = blobs.find((row) => row.upstream === upstream);
    return {
      upstream,
      bytes: bytes?.bytes ?? 0,
      blobs: bytes?.blobs ?? 0,
      manifests: held?.manifests ?? 0,
      repositories: held?.repositories ?? 0,
      lastPulledAt: held?.last,
    };
  });
}
