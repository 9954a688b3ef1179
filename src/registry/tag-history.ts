// What became of tags, and bringing one back, with the rules: until when that is possible, what an immutable tag may become,
// and what to tell somebody for whom it is too late.
import type { Digest } from "../../storage/digest.ts";
import type { MetadataStore } from "../../storage/metadata/metadata-store.ts";
import type { TagEvent, TagEventsRequest } from "../../storage/metadata/tag-history-store.ts";
import { OciError } from "../oci/oci-error.ts";
import type { ImmutableTags } from "../policies/immutable-tags.ts";
import { tagImmutable } from "./tag-immutable.ts";

export interface TagHistoryParts {
  readonly metadata: Pick<MetadataStore, "tagHistory">;
  readonly immutableTags: ImmutableTags;
  readonly graceSeconds: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export type TagChange = Omit<TagEvent, "releasedAt"> & {
  /** Until when its manifest stays at least; undefined for one that is gone, or that stays as things are. */
  readonly heldUntil: number | undefined;
};

export interface TagChanges {
  /** The newest first. */
  readonly changes: readonly TagChange[];
  readonly more: boolean;
}

export interface RestoredTag {
  readonly digest: Digest;
  /** What it pointed at until now, where it was moved. */
  readonly previous: Digest | undefined;
  /** False when it pointed there already. */
  readonly changed: boolean;
}

export class TagHistory {
  readonly #parts: TagHistoryParts;

  constructor(parts: TagHistoryParts) {
    this.#parts = parts;
  }

  async list(repository: string, tag: string, page: TagEventsRequest): Promise<TagChanges> {
    return this.#changesOf(await this.#parts.metadata.tagHistory.list(repository, tag, page));
  }

  /** Of tags that are not there any more, how each went. */
  async listRemoved(repository: string, page: TagEventsRequest): Promise<TagChanges> {
    return this.#changesOf(await this.#parts.metadata.tagHistory.listRemoved(repository, page));
  }

  /**
   * @param digest one that it pointed at once; without it, the last, and only when the tag is not there
   * @throws OciError tagUnknown; tagOccupied; tagImmutable; manifestCollected
   */
  async restore(
    repository: string,
    tag: string,
    { digest, by }: { readonly digest?: Digest | undefined; readonly by: string },
  ): Promise<RestoredTag> {
    const { metadata, immutableTags, now } = this.#parts;
    const rule = immutableTags(repository, tag);
    const isImmutable = rule !== undefined;
    const result = await metadata.tagHistory.restore({
      repository,
      tag,
      digest,
      isImmutable,
      by,
      now: now(),
    });
    switch (result.outcome) {
      case "restored":
        return { digest: result.digest, previous: result.previous, changed: true };
      case "unchanged":
        return { digest: result.digest, previous: undefined, changed: false };
      case "occupied":
        throw refusal("tagOccupied", `${tag} points at ${result.current}`);
      case "immutable":
        throw tagImmutable(tag, rule ?? "", result.only);
      case "unknown":
        throw refusal("tagUnknown", digest === undefined ? tag : `${tag} at ${digest}`);
      case "gone":
        throw refusal("manifestCollected", result.digest);
    }
  }

  #changesOf({ events, more }: { readonly events: readonly TagEvent[]; readonly more: boolean }): TagChanges {
    const grace = this.#parts.graceSeconds * 1000;
    const changes = events.map(({ releasedAt, ...event }) => ({
      ...event,
      heldUntil: releasedAt === undefined ? undefined : releasedAt + grace,
    }));
    return { changes, more };
  }
}

function refusal(kind: "tagOccupied" | "tagUnknown" | "manifestCollected", reason: string): OciError {
  return new OciError(kind, { detail: { reason } });
}
