// Tags that were pushed, with what they are judged by, and giving them up: in the step that removes one it is judged
// by the same once more.
import { parseDigest, type Digest } from "../../digest.ts";
import type { Page, PageRequest } from "../metadata-store.ts";
import type { PushedTag, RetentionStore } from "../retention-store.ts";
import { query, type Command } from "../statement.ts";
import { pageOf, startOf } from "./pages.ts";
import { lastPulls } from "./pull-times.ts";
import { releaseWithoutTag } from "./release.ts";
import { findRepositoryId } from "./repositories.ts";
import { chunksOf, parameterList } from "./row-lists.ts";
import { noteTagEvents, type NewTagEvent } from "./tag-events.ts";

interface TagRow {
  readonly tag: string;
  readonly digest: Digest;
  readonly manifestId: number;
  readonly pushedAt: number;
  readonly pulledAt: number | null;
}

type FoundTag = PushedTag & Pick<TagRow, "manifestId">;

const columns = `t.name AS tag, m.digest, m.id AS "manifestId", t.updated_at AS "pushedAt", t.pulled_at AS "pulledAt"`;

export function* listPushedTags(repository: string, page: PageRequest): Command<Page<PushedTag>> {
  const repositoryId = yield* findRepositoryId(repository);
  if (repositoryId === undefined) return { entries: [], more: false };
  const rows = yield* query<TagRow>(
    `SELECT ${columns} FROM tags t JOIN manifests m ON m.id = t.manifest_id
     WHERE t.repository_id = $1 AND t.name > $2 AND t.checked_at IS NULL ORDER BY t.name LIMIT $3`,
    ...[repositoryId, startOf(page), page.limit + 1],
  );
  const { entries, more } = pageOf(rows, page.limit, (row) => row);
  const tags = yield* withTimes(repositoryId, entries);
  return { entries: tags.map(({ manifestId: _, ...tag }) => tag), more };
}

export function* expireTags(
  ...[repository, judged, { now, by }]: Parameters<RetentionStore["expireTags"]>
): Command<string[]> {
  const repositoryId = yield* findRepositoryId(repository);
  if (repositoryId === undefined) return [];
  const events: NewTagEvent[] = [];
  for (const chunk of chunksOf(judged)) {
    const found = new Map<string, FoundTag>();
    for (const tag of yield* findPushedTags(repositoryId, chunk)) found.set(tag.tag, tag);
    for (const one of chunk) {
      const current = found.get(one.tag);
      if (current === undefined || !isSame(one, current)) continue;
      yield* query("DELETE FROM tags WHERE repository_id = $1 AND name = $2", repositoryId, one.tag);
      yield* releaseWithoutTag(current.manifestId, now);
      events.push({ tag: one.tag, kind: "expired", digest: one.digest, at: now, by });
    }
  }
  yield* noteTagEvents(repositoryId, events);
  return events.map(({ tag }) => tag);
}

function isSame(one: PushedTag, other: PushedTag): boolean {
  return (
    one.digest === other.digest &&
    one.pushedAt === other.pushedAt &&
    one.pulledAt === other.pulledAt &&
    one.subjectHeld === other.subjectHeld
  );
}

function* findPushedTags(repositoryId: number, tags: readonly PushedTag[]): Command<readonly FoundTag[]> {
  const rows = yield* query<TagRow>(
    `SELECT ${columns} FROM tags t JOIN manifests m ON m.id = t.manifest_id
     WHERE t.repository_id = $1 AND t.name IN (${parameterList(tags.length, 2)}) AND t.checked_at IS NULL`,
    ...[repositoryId, ...tags.map(({ tag }) => tag)],
  );
  return yield* withTimes(repositoryId, rows);
}

function* withTimes(repositoryId: number, rows: readonly TagRow[]): Command<readonly FoundTag[]> {
  const pulls = yield* lastPulls(rows.map(({ manifestId }) => manifestId));
  const subjects = new Map(rows.map(({ tag }) => [tag, subjectOf(tag)]));
  const held = yield* heldAmong(
    repositoryId,
    [...subjects.values()].filter((subject) => subject !== undefined),
  );
  return rows.map(({ pulledAt: ofTag, ...row }) => {
    const pulledAt = Math.max(ofTag ?? 0, pulls.get(row.manifestId) ?? 0);
    const subject = subjects.get(row.tag);
    return {
      ...{ ...row, pulledAt: pulledAt === 0 ? undefined : pulledAt },
      subjectHeld: subject && held.has(subject),
    };
  });
}

/** What a tag is about that says so in its name: that of cosign, and the fallback of referrers (end-7 of the specification). */
function subjectOf(tag: string): Digest | undefined {
  const [, algorithm = "", hex = ""] = /^(sha256|sha512)-([0-9a-f]+)(?:\.|$)/.exec(tag) ?? [];
  return parseDigest(`${algorithm}:${hex}`);
}

function* heldAmong(repositoryId: number, digests: readonly Digest[]): Command<ReadonlySet<Digest>> {
  const held = new Set<Digest>();
  for (const chunk of chunksOf(digests)) {
    const rows = yield* query<{ digest: Digest }>(
      `SELECT digest FROM manifests WHERE repository_id = $1 AND digest IN (${parameterList(chunk.length, 2)})`,
      ...[repositoryId, ...chunk],
    );
    for (const { digest } of rows) held.add(digest);
  }
  return held;
}
