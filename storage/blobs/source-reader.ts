// Pulls a Readable chunk by chunk without owning it: a store that stops early leaves the source alive, so that an HTTP
// layer can still answer on the same connection. (`for await` would destroy it.)
import type { Readable } from "node:stream";
import { StorageError } from "../storage-error.ts";

export class SourceReader {
  readonly #source: Readable;
  readonly #signal: AbortSignal;
  readonly #promisedBytes: number | undefined;
  #seen = 0;
  #ended: boolean;
  #failure: StorageError | undefined;
  #wake: (() => void) | undefined;

  /** @param promisedBytes what the source has when it is whole; a clean end elsewhere is a failure, `length` */
  constructor(source: Readable, signal: AbortSignal, promisedBytes?: number) {
    this.#source = source;
    this.#signal = signal;
    this.#promisedBytes = promisedBytes;
    this.#ended = source.readableEnded;
    if (source.destroyed) this.#onBroken(source.errored);
    source
      .on("readable", this.wake)
      .on("end", this.#onEnd)
      .on("error", this.#onBroken)
      .on("close", this.#onBroken);
    signal.addEventListener("abort", this.wake);
  }

  /** Why the source ended, when that was not its proper end: `interrupted` or `length`. */
  get failure(): StorageError | undefined {
    return this.#failure;
  }

  /**
   * The bytes that arrived next (none when {@link wake} came first), or undefined at the end: after all that the source
   * delivered, or at once on abort. {@link failure} tells how it ended.
   */
  async next(): Promise<Buffer | undefined> {
    const ready = this.#poll();
    if (ready !== "wait") return ready;
    await new Promise<void>((resolve) => (this.#wake = resolve));
    const arrived = this.#poll();
    return arrived === "wait" ? Buffer.alloc(0) : arrived;
  }

  /** Lets a waiting `next` return at once. */
  readonly wake = (): void => {
    this.#wake?.();
    this.#wake = undefined;
  };

  release(): void {
    const source = this.#source;
    source
      .off("readable", this.wake)
      .off("end", this.#onEnd)
      .off("error", this.#onBroken)
      .off("close", this.#onBroken);
    this.#signal.removeEventListener("abort", this.wake);
  }

  #poll(): Buffer | undefined | "wait" {
    if (this.#signal.aborted) {
      this.#failure ??= interrupted(this.#signal.reason);
      return undefined;
    }
    const chunk = toBuffer(this.#source.read());
    this.#seen += chunk?.length ?? 0;
    const promised = this.#promisedBytes ?? this.#seen;
    if (this.#seen > promised || (this.#ended && this.#seen < promised)) {
      this.#failure ??= new StorageError("length", `the source is not ${promised} bytes long`);
      return undefined;
    }
    return chunk ?? (this.#ended || this.#failure ? undefined : "wait");
  }

  readonly #onEnd = (): void => {
    this.#ended = true;
    this.wake();
  };

  // `close` follows `end` on a good day; without it the source broke off.
  readonly #onBroken = (cause?: unknown): void => {
    if (!this.#ended) this.#failure ??= interrupted(cause);
    this.wake();
  };
}

function toBuffer(chunk: unknown): Buffer | undefined {
  if (typeof chunk === "string") return Buffer.from(chunk);
  if (chunk instanceof Uint8Array) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  return undefined;
}

export function interrupted(cause: unknown): StorageError {
  return new StorageError("interrupted", "the source of the bytes broke off before its end", { cause });
}
