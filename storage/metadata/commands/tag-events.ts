// What became of tags: written down with each change, bounded by tag and by time, and read by people.
import type { Digest } from "../../digest.ts";
import { query, type Command } from "../statement.ts";
import type {
  TagEvent,
  TagEventKind,
  TagEventsPage,
  TagEventsRequest,
  TagRemovalKind,
} from "../tag-history-store.ts";
import { findRepositoryId } from "./repositories.ts";
import { chunksOf, parameterList, rowList } from "./row-lists.ts";

export interface NewTagEvent {
  readonly tag: string;
  readonly kind: TagEventKind;
  readonly digest: Digest;
  readonly previous?: Digest | undefined;
  readonly at: number;
  readonly by?: string | undefined;
}

const eventsPerTag = 100;
/** How long what was before a removal is remembered: 90 days. */
const removedMilliseconds = 90 * 86_400_000;
/** Old removals that are forgotten for each new one, at most: so that they become fewer. */
const forgottenForEach = 4;

const removals: readonly TagEventKind[] = [
  "deleted",
  "expired",
  "manifest-deleted",
] satisfies TagRemovalKind[];

export function* noteTagEvents(repositoryId: number, events: readonly NewTagEvent[]): Command<void> {
  for (const chunk of chunksOf(events)) {
    yield* query(
      `INSERT INTO tag_events (repository_id, name, at, kind, digest, previous, by) VALUES ${rowList(chunk.length, 7)}`,
      ...chunk.flatMap(({ tag, at, kind, digest, previous = null, by = null }) => [
        ...[repositoryId, tag, at, kind, digest, previous, by],
      ]),
    );
  }
  yield* forgetBeyond(
    repositoryId,
    events.filter(({ kind }) => kind !== "pushed").map(({ tag }) => tag),
  );
  const removed = events.filter(({ kind }) => removals.includes(kind));
  const [first] = removed;
  if (first !== undefined)
    yield* forgetOldRemovals(repositoryId, first.at - removedMilliseconds, removed.length);
}

function* forgetBeyond(repositoryId: number, tags: readonly string[]): Command<void> {
  for (const chunk of chunksOf(tags)) {
    const full = yield* query<{ name: string }>(
      `SELECT name FROM tag_events WHERE repository_id = $1 AND name IN (${parameterList(chunk.length, 3)})
       GROUP BY name HAVING count(*) > $2`,
      ...[repositoryId, eventsPerTag, ...chunk],
    );
    for (const { name } of full) yield* forgetFirst(repositoryId, name);
  }
}

function* forgetFirst(repositoryId: number, tag: string): Command<void> {
  yield* query(
    `DELETE FROM tag_events WHERE repository_id = $1 AND name = $2 AND id <=
       (SELECT id FROM tag_events WHERE repository_id = $1 AND name = $2 ORDER BY id DESC LIMIT 1 OFFSET $3)`,
    ...[repositoryId, tag, eventsPerTag],
  );
}

/** With what was before them: builds that push a tag of their own each would else leave something for ever. */
function* forgetOldRemovals(repositoryId: number, before: number, added: number): Command<void> {
  const old = yield* query<{ id: number; name: string; at: number }>(
    `SELECT id, name, at FROM tag_events
     WHERE repository_id = $1 AND kind IN ('deleted', 'expired', 'manifest-deleted') ORDER BY id LIMIT $2`,
    ...[repositoryId, added * forgottenForEach],
  );
  for (const { id, name } of old.filter(({ at }) => at < before)) {
    yield* query(
      "DELETE FROM tag_events WHERE repository_id = $1 AND name = $2 AND id <= $3",
      ...[repositoryId, name, id],
    );
  }
}

interface EventRow {
  readonly id: number;
  readonly tag: string;
  readonly at: number;
  readonly kind: TagEventKind;
  readonly digest: Digest;
  readonly previous: Digest | null;
  readonly by: string | null;
  readonly held: number;
  readonly releasedAt: number | null;
}

const columns = `e.id, e.name AS tag, e.at, e.kind, e.digest, e.previous, e.by,
  CASE WHEN m.id IS NULL THEN 0 ELSE 1 END AS held, m.released_at AS "releasedAt"`;
const withManifest = `tag_events e LEFT JOIN manifests m
  ON m.repository_id = e.repository_id AND m.digest = e.digest AND m.pulled_at IS NULL`;

export function* listTagEvents(
  repository: string,
  tag: string,
  { before = Number.MAX_SAFE_INTEGER, limit }: TagEventsRequest,
): Command<TagEventsPage> {
  const repositoryId = yield* findRepositoryId(repository);
  if (repositoryId === undefined) return { events: [], more: false };
  const rows = yield* query<EventRow>(
    `SELECT ${columns} FROM ${withManifest}
     WHERE e.repository_id = $1 AND e.name = $2 AND e.id < $3 ORDER BY e.id DESC LIMIT $4`,
    ...[repositoryId, tag, before, limit + 1],
  );
  return pageOfEvents(rows, limit);
}

export function* listRemovedTags(
  repository: string,
  { before = Number.MAX_SAFE_INTEGER, limit }: TagEventsRequest,
): Command<TagEventsPage> {
  const repositoryId = yield* findRepositoryId(repository);
  if (repositoryId === undefined) return { events: [], more: false };
  const rows = yield* query<EventRow>(
    `SELECT ${columns} FROM ${withManifest}
     WHERE e.repository_id = $1 AND e.kind IN ('deleted', 'expired', 'manifest-deleted') AND e.id < $2
       AND NOT EXISTS (SELECT 1 FROM tags t WHERE t.repository_id = $1 AND t.name = e.name)
       AND NOT EXISTS (SELECT 1 FROM tag_events n WHERE n.repository_id = $1 AND n.name = e.name AND n.id > e.id)
     ORDER BY e.id DESC LIMIT $3`,
    ...[repositoryId, before, limit + 1],
  );
  return pageOfEvents(rows, limit);
}

function pageOfEvents(rows: readonly EventRow[], limit: number): TagEventsPage {
  return { events: rows.slice(0, limit).map(eventOf), more: rows.length > limit };
}

function eventOf({ previous, by, held, releasedAt, ...event }: EventRow): TagEvent {
  return {
    ...event,
    previous: previous ?? undefined,
    by: by ?? undefined,
    held: held === 1,
    releasedAt: releasedAt ?? undefined,
  };
}
