// Finding manifests: by digest, by tag, by subject. Storing and removing them are files of their own.
import type { Digest } from "../../digest.ts";
import type { Page, PageRequest } from "../metadata-store.ts";
import type { ManifestRecord, ReferrerRecord } from "../records.ts";
import { query, queryOne, type Command } from "../statement.ts";
import { pageOf, startOf } from "./pages.ts";
import { chunksOf, parameterList } from "./row-lists.ts";

interface ManifestRow {
  readonly digest: Digest;
  readonly media_type: string;
  readonly bytes: Buffer;
}

interface ReferrerRow {
  readonly digest: Digest;
  readonly media_type: string;
  readonly size: number;
  readonly artifact_type: string | null;
  readonly annotations: string | null;
}

const referrerColumns = "m.digest, m.media_type, m.size, m.artifact_type, m.annotations";

function toManifest(row: ManifestRow | undefined): ManifestRecord | undefined {
  return row && { digest: row.digest, mediaType: row.media_type, bytes: row.bytes };
}

function toReferrer(row: ReferrerRow): ReferrerRecord {
  return {
    digest: row.digest,
    mediaType: row.media_type,
    size: row.size,
    artifactType: row.artifact_type ?? undefined,
    annotations:
      row.annotations === null ? undefined : (JSON.parse(row.annotations) as Record<string, string>),
  };
}

export function* findManifestByDigest(
  repository: string,
  digest: Digest,
): Command<ManifestRecord | undefined> {
  const row = yield* queryOne<ManifestRow>(
    `SELECT m.digest, m.media_type, m.bytes FROM repositories r
     JOIN manifests m ON m.repository_id = r.id
     WHERE r.name = $1 AND m.digest = $2 AND m.damaged_at IS NULL`,
    repository,
    digest,
  );
  return toManifest(row);
}

export function* findManifestByTag(repository: string, tag: string): Command<ManifestRecord | undefined> {
  const row = yield* queryOne<ManifestRow>(
    `SELECT m.digest, m.media_type, m.bytes FROM repositories r
     JOIN tags t ON t.repository_id = r.id
     JOIN manifests m ON m.id = t.manifest_id
     WHERE r.name = $1 AND t.name = $2 AND m.damaged_at IS NULL`,
    repository,
    tag,
  );
  return toManifest(row);
}

export function* listReferrers(
  repository: string,
  subject: Digest,
  page: PageRequest & { readonly artifactType?: string | undefined },
): Command<Page<ReferrerRecord>> {
  const filtered = page.artifactType !== undefined;
  const rows = yield* query<ReferrerRow>(
    `SELECT ${referrerColumns} FROM repositories r
     JOIN manifests m ON m.repository_id = r.id
     WHERE r.name = $1 AND m.subject = $2 AND m.digest > $3 ${filtered ? "AND m.artifact_type = $5" : ""}
     ORDER BY m.digest LIMIT $4`,
    repository,
    subject,
    startOf(page),
    page.limit + 1,
    ...(filtered ? [page.artifactType] : []),
  );
  return pageOf(rows, page.limit, toReferrer);
}

export function* describeManifests(
  repository: string,
  digests: readonly Digest[],
): Command<ReferrerRecord[]> {
  const found: ReferrerRecord[] = [];
  for (const chunk of chunksOf([...new Set(digests)])) {
    const rows = yield* query<ReferrerRow>(
      `SELECT ${referrerColumns} FROM repositories r
       JOIN manifests m ON m.repository_id = r.id
       WHERE r.name = $1 AND m.digest IN (${parameterList(chunk.length, 2)})`,
      repository,
      ...chunk,
    );
    found.push(...rows.map(toReferrer));
  }
  return found;
}
