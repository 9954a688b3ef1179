// Rules for blobs that are there: a blob whose bytes are gone or of another size is absent, and says so from then on,
// so that the next push of it heals the store.
import type { Digest } from "../../storage/digest.ts";
import type { BlobStore } from "../../storage/blobs/blob-store.ts";
import type { MetadataStore } from "../../storage/metadata/metadata-store.ts";
import type { BlobRecord } from "../../storage/metadata/records.ts";
import { OciError } from "../oci/oci-error.ts";
import type { RepositoryName } from "../oci/repository-name.ts";
import type { Quotas } from "./quotas.ts";
import type { ReadLeases } from "./read-leases.ts";
import type { Blobs, ByteRange, Look, OpenBlob, Visibility } from "./registry.ts";
import type { Touches } from "./touches.ts";

/** Clients follow a redirect at once; one that resumes asks again. */
export const redirectSeconds = 1200;

export interface LocalBlobsParts {
  readonly blobStore: BlobStore;
  readonly metadata: MetadataStore;
  readonly touches: Touches;
  readonly readLeases: ReadLeases;
  readonly quotas: Quotas;
  readonly now: () => number;
}

export class LocalBlobs implements Blobs {
  readonly #store: BlobStore;
  readonly #metadata: MetadataStore;
  readonly #touches: Touches;
  readonly #readLeases: ReadLeases;
  readonly #quotas: Quotas;
  readonly #now: () => number;

  constructor({ blobStore, metadata, touches, readLeases, quotas, now }: LocalBlobsParts) {
    this.#store = blobStore;
    this.#metadata = metadata;
    this.#touches = touches;
    this.#readLeases = readLeases;
    this.#quotas = quotas;
    this.#now = now;
  }

  async stat(
    repository: RepositoryName,
    digest: Digest,
    { beforePush = false }: Look = {},
  ): Promise<{ size: number } | undefined> {
    const found = await this.#whileItMoves(repository, digest, async ({ locator, size }) => {
      if (this.#store.remote) return { size };
      const stored = await this.#store.stat(locator);
      return stored?.size === size ? { size } : undefined;
    });
    if (found === undefined || !beforePush) return found;
    // The collector may have come in between: then the client has to send it.
    return (await this.#touches.touch(repository, digest)) ? found : undefined;
  }

  async open(
    repository: RepositoryName,
    digest: Digest,
    chooseRange: (size: number) => ByteRange | undefined = () => undefined,
  ): Promise<OpenBlob | undefined> {
    return this.#whileItMoves(repository, digest, async ({ locator, size }) => {
      const range = chooseRange(size);
      const body = await this.#store.read(locator, range);
      const file = this.#store.fileOf?.(locator);
      const held = body?.inMemory ? body : body && this.#readLeases.hold(locator, body);
      if (body?.size === size && held) return { body: held, size, range, file };
      await body?.close();
      return undefined;
    });
  }

  async redirectUrl(repository: RepositoryName, digest: Digest): Promise<string | undefined> {
    if (this.#store.redirectUrl === undefined) return undefined;
    const blob = await this.#metadata.blobLinks.find(repository, digest);
    return blob && (await this.#store.redirectUrl(blob.locator, redirectSeconds));
  }

  async mount(
    repository: RepositoryName,
    digest: Digest,
    from: RepositoryName | undefined,
    visibility: Visibility,
  ): Promise<boolean> {
    const mount = { repository, digest, from, visibility, now: this.#now() };
    const mounted = await this.#metadata.blobLinks.mount({ ...mount, quota: this.#quotas.rules });
    if (typeof mounted === "object") throw await this.#quotas.refusal(mounted);
    return mounted && (await this.stat(repository, digest)) !== undefined;
  }

  async delete(repository: RepositoryName, digest: Digest): Promise<void> {
    const result = await this.#metadata.blobLinks.unlink(repository, digest, this.#now());
    switch (result.outcome) {
      case "unlinked":
        return;
      case "absent":
        throw new OciError("blobUnknown", { detail: { digest } });
      case "needed":
        throw new OciError("blobNeeded", { detail: { digest, neededBy: result.by } });
    }
  }

  /**
   * Looks the blob up and reads it by `attempt`, which gives undefined when the bytes are not as the row says. A row
   * that was replaced in between is tried once more; bytes that are wrong under an unchanged row are damaged.
   */
  async #whileItMoves<T>(
    repository: RepositoryName,
    digest: Digest,
    attempt: (blob: BlobRecord) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const blob = await this.#metadata.blobLinks.find(repository, digest);
    if (blob === undefined) return undefined;
    const result = await attempt(blob);
    if (result !== undefined) return result;
    const again = await this.#metadata.blobLinks.find(repository, digest);
    if (again === undefined) return undefined;
    const retried = again.locator === blob.locator ? undefined : await attempt(again);
    if (retried === undefined) await this.#metadata.blobLinks.markDamaged(digest, again.locator);
    return retried;
  }
}
