// A spool file while it grows: how far it reaches, how much of that may go out, and how it ends. The download that
// writes it (here or in another process) moves it on, everybody else waits on it; nobody polls.
import type { FileHandle } from "node:fs/promises";

/** Never goes out before the digest was verified, so that no reader of wrong content takes it for whole. */
export const heldBackBytes = 64 * 1024;

export class Growth {
  /** Open for reading; closed by the download when nobody needs it any more. */
  readonly file: FileHandle;
  #size: number | undefined;
  #written = 0;
  #verified = false;
  #failure: Error | undefined;
  #successor: Growth | undefined;
  readonly #waiting = new Set<() => void>();

  /** `size` in bytes of the whole blob, where it is known. */
  constructor(file: FileHandle, size: number | undefined) {
    this.file = file;
    this.#size = size;
  }

  /** Bytes of the whole blob; known at the latest when all of it was written. */
  get size(): number | undefined {
    return this.#size;
  }

  /** Bytes in the file. */
  get written(): number {
    return this.#written;
  }

  /** Bytes that may go out. */
  get readable(): number {
    if (this.#size === undefined) return 0;
    return this.#verified ? this.#size : Math.max(0, Math.min(this.#written, this.#size - heldBackBytes));
  }

  get verified(): boolean {
    return this.#verified;
  }

  /** The growth that goes on in its place: the process that wrote this one is gone. */
  get successor(): Growth | undefined {
    return this.#successor;
  }

  grow(written: number): void {
    this.#written = Math.max(this.#written, written);
    this.#wake();
  }

  /** All is written. */
  complete(): void {
    this.#size = this.#written;
    this.#wake();
  }

  verify(): void {
    this.#verified = true;
    this.#wake();
  }

  /** Whoever waits, now or later, gets `error`. */
  fail(error: Error): void {
    if (this.#verified) return;
    this.#failure ??= error;
    this.#wake();
  }

  replaceBy(successor: Growth): void {
    if (this.#verified) return;
    this.#successor = successor;
    this.#wake();
  }

  /**
   * What `look` gives as soon as it gives something.
   * @throws what the growth failed with, and the reason of `signal`
   */
  async until<T>(look: () => T | undefined, signal?: AbortSignal): Promise<T> {
    for (;;) {
      if (this.#failure) throw this.#failure;
      signal?.throwIfAborted();
      const seen = look();
      if (seen !== undefined) return seen;
      await this.#change(signal);
    }
  }

  #change(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        signal?.removeEventListener("abort", wake);
        this.#waiting.delete(wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal?.addEventListener("abort", wake);
    });
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}
