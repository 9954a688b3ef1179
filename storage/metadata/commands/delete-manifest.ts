// Removing a manifest by digest, with all its tags; refused while a present index lists it.
import type { Digest } from "../../digest.ts";
import type { ManifestDeleteResult } from "../metadata-store.ts";
import { query, queryOne, type Command } from "../statement.ts";
import { findParent, removeAllEdges } from "./manifest-edges.ts";
import { addToManifestCount } from "./repositories.ts";
import { removeTagsOf } from "./tags.ts";

export function* deleteManifest(repository: string, digest: Digest): Command<ManifestDeleteResult> {
  const manifest = yield* queryOne<{ id: number; repository_id: number }>(
    `SELECT m.id, m.repository_id FROM repositories r JOIN manifests m ON m.repository_id = r.id
     WHERE r.name = $1 AND m.digest = $2`,
    repository,
    digest,
  );
  if (manifest === undefined) return { outcome: "absent" };
  const by = yield* findParent(manifest.repository_id, digest, "any");
  if (by !== undefined) return { outcome: "needed", by };
  yield* removeManifest(manifest.id, manifest.repository_id);
  return { outcome: "deleted" };
}

/** With its tags and edges, whoever lists it. */
export function* removeManifest(manifestId: number, repositoryId: number): Command<void> {
  yield* removeTagsOf(manifestId, repositoryId);
  yield* removeAllEdges(manifestId);
  yield* query("DELETE FROM manifests WHERE id = $1", manifestId);
  yield* addToManifestCount(repositoryId, -1);
}
