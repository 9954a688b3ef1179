// What one process knows about uploads beyond their bytes: who is working on one right now, and the running hashes that
// spare a resumed upload the re-reading of what is stored. All of it may be lost without harm.
import { StorageError } from "../storage-error.ts";
import type { UploadId } from "./upload-id.ts";

interface Work {
  readonly stop: AbortController;
  readonly done: Promise<unknown>;
}

const maxRunningHashes = 1024;

/** @typeParam Hasher how the store hashes what arrives */
export class LiveUploads<Hasher> {
  readonly #work = new Map<UploadId, Work>();
  readonly #hashes = new Map<UploadId, { readonly offset: number; readonly hasher: Hasher }>();
  readonly #forget: (hasher: Hasher) => void;

  /** @param forget is told of each hasher that nobody will ask for any more */
  constructor(forget: (hasher: Hasher) => void = () => undefined) {
    this.#forget = forget;
  }

  isBusy(id: UploadId): boolean {
    return this.#work.has(id);
  }

  /**
   * Runs `work` unless other work on this upload is under way. `work` is told to stop by `signal` or by {@link takeOver}.
   * @throws StorageError `busy`
   */
  async exclusively<T>(
    id: UploadId,
    work: (stop: AbortSignal) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    if (this.#work.has(id)) throw new StorageError("busy", "another request is working on this upload");
    const stop = new AbortController();
    const forward = (): void => stop.abort(signal?.reason);
    if (signal?.aborted) forward();
    signal?.addEventListener("abort", forward);
    const done = work(stop.signal).finally(() => {
      signal?.removeEventListener("abort", forward);
      this.#work.delete(id);
    });
    this.#work.set(id, { stop, done });
    return await done;
  }

  /** Tells the work under way to stop, waits for its end, and then runs `work`. */
  async takeOver<T>(id: UploadId, work: () => Promise<T>): Promise<T> {
    for (let current = this.#work.get(id); current; current = this.#work.get(id)) {
      current.stop.abort(new StorageError("gone", "the upload was aborted"));
      await Promise.allSettled([current.done]);
    }
    return await this.exclusively(id, work);
  }

  /** Takes over a running hash; the caller must not use `hasher` any more. */
  keepHash(id: UploadId, offset: number, hasher: Hasher): void {
    this.dropHash(id);
    this.#hashes.set(id, { offset, hasher });
    for (const [oldest] of this.#hashes) {
      if (this.#hashes.size <= maxRunningHashes) break;
      this.dropHash(oldest);
    }
  }

  dropHash(id: UploadId): void {
    const kept = this.#hashes.get(id);
    this.#hashes.delete(id);
    if (kept) this.#forget(kept.hasher);
  }

  /** The hash of exactly the first `offset` bytes, which now belongs to the caller. */
  takeHash(id: UploadId, offset: number): Hasher | undefined {
    const kept = this.#hashes.get(id);
    if (kept?.offset !== offset) {
      this.dropHash(id);
      return undefined;
    }
    this.#hashes.delete(id);
    return kept.hasher;
  }
}
