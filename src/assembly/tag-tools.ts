// One more composition root: the history of tags without a server, for `berth tag`, also while a server runs on the same
// data.
import { parseDigest } from "../../storage/digest.ts";
import type { Config } from "../config/load-config.ts";
import { OciError } from "../oci/oci-error.ts";
import { immutableTagsBy } from "../policies/immutable-tags.ts";
import { TagHistory, type RestoredTag } from "../registry/tag-history.ts";
import { onExistingData, type OnExistingData } from "./on-existing-data.ts";

export type { TagChange } from "../registry/tag-history.ts";

export interface OpenTags extends OnExistingData {
  readonly history: Pick<TagHistory, "list" | "listRemoved">;
  /** @throws OciError digestInvalid, and as TagHistory.restore */
  readonly restoreTag: (
    repository: string,
    tag: string,
    options: { readonly digest: string | undefined; readonly by: string },
  ) => Promise<RestoredTag>;
}

/** @throws as onExistingData */
export function openTags(config: Config, { now }: { readonly now: () => number }): Promise<OpenTags> {
  return onExistingData(config, { now }, async (metadata) => {
    const immutableTags = immutableTagsBy(config.tags.immutable);
    const { graceSeconds } = config.gc;
    const history = new TagHistory({ metadata, immutableTags, graceSeconds, now });
    const restoreTag: OpenTags["restoreTag"] = async (repository, tag, { digest: text, by }) => {
      const digest = text === undefined ? undefined : parseDigest(text);
      if (digest !== undefined || text === undefined) return history.restore(repository, tag, { digest, by });
      throw new OciError("digestInvalid", { detail: { reason: text } });
    };
    return { tools: { history, restoreTag } };
  });
}
