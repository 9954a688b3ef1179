// What becomes of a blob whose bytes are lost or wrong:
//
//   damaged (404 from then on, in the step that sees that the row still speaks of these bytes)
//     ──▶ bytes kept apart ──▶ fetched again, where an upstream has it and somebody serves; else healed by the next push
//
// A kill in between leaves a damaged blob whose bytes are still in their place: the next check takes them from there.
import type { BlobStore } from "../../../storage/blobs/blob-store.ts";
import type { Digest } from "../../../storage/digest.ts";
import type { MetadataStore } from "../../../storage/metadata/metadata-store.ts";
import type { BlobRecord } from "../../../storage/metadata/records.ts";
import type { Damage } from "./examine-blob.ts";

export interface MenderParts {
  readonly blobStore: Pick<BlobStore, "quarantine">;
  readonly metadata: Pick<MetadataStore, "blobLinks" | "integrity">;
  /** Fetches what a mirrored repository lost; false when it can't be had now. Absent where nobody serves. */
  readonly refetch?: ((repository: string, digest: Digest) => Promise<boolean>) | undefined;
  readonly now: () => number;
}

export interface Concerned {
  /** Some of those that have the blob. */
  readonly repositories: readonly string[];
}

export interface Mended extends Concerned {
  /** Where the bytes are now; undefined when there are none, or they can't be moved. */
  readonly quarantined: string | undefined;
  readonly refetched: boolean;
}

const maxHolders = 20;

export class BlobMender {
  readonly #parts: MenderParts;

  constructor(parts: MenderParts) {
    this.#parts = parts;
  }

  /** Whom it concerns; undefined when the blob was replaced or removed since its row was read. */
  async concerned({ digest, locator }: BlobRecord): Promise<Concerned | undefined> {
    const { blobLinks, integrity } = this.#parts.metadata;
    const current = await blobLinks.locate(digest);
    if (current?.locator !== locator) return undefined;
    const holders = await integrity.listHolders(digest, maxHolders);
    return { repositories: holders.map(({ repository }) => repository) };
  }

  /** undefined when the blob was replaced or removed since its row was read: then nothing is done. */
  async mend(blob: BlobRecord, damage: Damage): Promise<Mended | undefined> {
    const { digest, locator } = blob;
    const { blobLinks, integrity } = this.#parts.metadata;
    if (!(await blobLinks.markDamaged(digest, locator))) return undefined;
    const quarantined = damage.kind === "missing" ? undefined : await this.setApart(blob);
    const holders = await integrity.listHolders(digest, maxHolders);
    const repositories = holders.map(({ repository }) => repository);
    const cached = holders.filter((holder) => holder.cached).map(({ repository }) => repository);
    return { repositories, quarantined, refetched: await this.#refetch(cached, digest) };
  }

  /** The bytes of a damaged blob. A disk that fails may refuse to move them: then they stay, and the next check tries. */
  async setApart({ digest, locator }: BlobRecord): Promise<string | undefined> {
    const { blobStore, now } = this.#parts;
    return blobStore.quarantine(locator, { digest, at: new Date(now()) }).catch(() => undefined);
  }

  async #refetch(repositories: readonly string[], digest: Digest): Promise<boolean> {
    for (const repository of repositories) {
      if (await this.#parts.refetch?.(repository, digest)) return true;
    }
    return false;
  }
}
