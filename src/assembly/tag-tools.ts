// One more composition root: the history of tags without a server, for `berth tag`, also while a server runs on the same
// data.
import { stat } from "node:fs/promises";
import { AuditTrail } from "../../auth/audit-trail.ts";
import { parseDigest } from "../../storage/digest.ts";
import { openMetadataStore } from "../../storage/metadata/open-metadata-store.ts";
import type { Config } from "../config/load-config.ts";
import { OciError } from "../oci/oci-error.ts";
import { immutableTagsBy } from "../policies/immutable-tags.ts";
import { TagHistory, type RestoredTag } from "../registry/tag-history.ts";

export type { TagChange } from "../registry/tag-history.ts";

export interface OpenTags {
  readonly history: Pick<TagHistory, "list" | "listRemoved">;
  /** @throws OciError digestInvalid, and as TagHistory.restore */
  readonly restoreTag: (
    repository: string,
    tag: string,
    options: { readonly digest: string | undefined; readonly by: string },
  ) => Promise<RestoredTag>;
  readonly trail: Pick<AuditTrail, "write">;
  close(): Promise<void>;
}

/**
 * Opens what exists and makes nothing: a mistyped data directory shall not become a new, empty one.
 * @throws Error with code ENOENT when there is no database yet, and whatever opening the store throws
 */
export async function openTags(config: Config, { now }: { readonly now: () => number }): Promise<OpenTags> {
  const { path } = config.storage.metadata.sqlite;
  await stat(path);
  const metadata = await openMetadataStore({ kind: "sqlite", path, now });
  const immutableTags = immutableTagsBy(config.tags.immutable);
  const { graceSeconds } = config.gc;
  const history = new TagHistory({ metadata, immutableTags, graceSeconds, now });
  return {
    history,
    restoreTag: async (repository, tag, { digest: text, by }) => {
      const digest = text === undefined ? undefined : parseDigest(text);
      if (digest !== undefined || text === undefined) return history.restore(repository, tag, { digest, by });
      throw new OciError("digestInvalid", { detail: { reason: text } });
    },
    // only `write` is used here, and what fails there is thrown
    trail: new AuditTrail({ store: metadata.access.audit, now, onProblem: () => undefined }),
    close: () => metadata.close(),
  };
}
