// Looking again at all there is, for what hints do not tell: programs of an older schema leave none, and a clock that was
// ahead leaves some that nobody would look at for long. A walk by key in bounded steps, first over the links, then over the
// blobs; whoever calls it keeps the place.
import type { Digest } from "../../digest.ts";
import type { GarbageStore } from "../garbage-store.ts";
import { query, type Command } from "../statement.ts";
import { linkFreeSince } from "./needs.ts";
import { claimUnlinked, type Discarding } from "./release-links.ts";
import { chunksOf } from "./row-lists.ts";

type Step = Parameters<GarbageStore["relook"]>[0];
type Relooked = Awaited<ReturnType<GarbageStore["relook"]>>;

type Mending = Discarding & { readonly repair: boolean };

/** What others note while this looks, and with clocks that differ a little, is not of a time to come. */
const toleranceMilliseconds = 60_000;
const blobsPrefix = "blobs:";

export function* relook({ after, limit, repair = true, ...discarding }: Step): Command<Relooked> {
  if (after?.startsWith(blobsPrefix) === true) {
    return yield* relookAtBlobs(after.slice(blobsPrefix.length), limit, { repair, ...discarding });
  }
  return yield* relookAtLinks(after, limit, { repair, ...discarding });
}

interface LinkRow {
  readonly repositoryId: number;
  readonly digest: Digest;
  readonly hint: "known" | "none" | "ahead";
}

function* relookAtLinks(
  after: string | undefined,
  limit: number,
  { repair, now }: Mending,
): Command<Relooked> {
  const [repositoryId = "0", ...digest] = after?.split(":") ?? [];
  const links = yield* query<LinkRow>(
    `SELECT repository_id AS "repositoryId", digest,
       CASE WHEN pulled_at IS NOT NULL OR touched_at <= $4 THEN 'known'
         WHEN touched_at IS NULL THEN 'none' ELSE 'ahead' END AS hint
     FROM blob_links WHERE (repository_id, digest) > ($1, $2) ORDER BY repository_id, digest LIMIT $3`,
    ...[Number(repositoryId), digest.join(":"), limit, now + toleranceMilliseconds],
  );
  // what is only counted is counted once
  const looksAhead = repair || after === undefined;
  let hinted = looksAhead ? yield* releaseOfTheFuture(limit, { repair, now }) : 0;
  for (const link of links) {
    if (link.hint === "known") continue;
    const isNamed = (yield* linkFreeSince(link.repositoryId, link.digest)) === undefined;
    if (link.hint === "none" && isNamed) continue;
    hinted += 1;
    if (!repair) continue;
    yield* query(
      "UPDATE blob_links SET touched_at = $3 WHERE repository_id = $1 AND digest = $2",
      ...[link.repositoryId, link.digest, now],
    );
  }
  const last = links.length === limit ? links.at(-1) : undefined;
  const next = last === undefined ? blobsPrefix : `${last.repositoryId}:${last.digest}`;
  return { looked: links.length, hinted, next };
}

/** What was released by a clock that was ahead. */
function* releaseOfTheFuture(
  limit: number,
  { repair, now }: Pick<Mending, "repair" | "now">,
): Command<number> {
  const ahead = now + toleranceMilliseconds;
  if (!repair) {
    const rows = yield* query(
      "SELECT id FROM manifests WHERE released_at > $1 ORDER BY released_at LIMIT $2",
      ...[ahead, limit],
    );
    return rows.length;
  }
  const released = yield* query(
    `UPDATE manifests SET released_at = $1 WHERE id IN
       (SELECT id FROM manifests WHERE released_at > $3 ORDER BY released_at LIMIT $2) RETURNING id`,
    ...[now, limit, ahead],
  );
  return released.length;
}

function* relookAtBlobs(after: string, limit: number, { repair, ...discarding }: Mending): Command<Relooked> {
  const rows = yield* query<{ digest: Digest; linked: number }>(
    `SELECT b.digest,
       CASE WHEN EXISTS (SELECT 1 FROM blob_links l WHERE l.digest = b.digest) THEN 1 ELSE 0 END AS linked
     FROM blobs b WHERE b.digest > $1 ORDER BY b.digest LIMIT $2`,
    ...[after, limit],
  );
  const unlinked = rows.filter(({ linked }) => linked === 0).map(({ digest }) => digest);
  for (const chunk of repair ? chunksOf(unlinked) : []) yield* claimUnlinked(chunk, discarding);
  const last = rows.length === limit ? rows.at(-1) : undefined;
  return {
    looked: rows.length,
    hinted: unlinked.length,
    next: last === undefined ? undefined : blobsPrefix + last.digest,
  };
}
