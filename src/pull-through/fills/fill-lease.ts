// The row of a fill as long as it is ours: renewed while the fill goes on, whether bytes come or not, so that followers
// in other processes know that it lives, and how long the blob is.
import { setTimeout as pause } from "node:timers/promises";
import type { DownloadParts, DownloadTiming, WantedBlob } from "./download-parts.ts";

/** So soon followers learn the size, in milliseconds; small blobs are done by then. */
const step = 50;

export interface LeasedFill {
  readonly holder: string;
  /** Asked at each renewal: bytes that may be read, and those of the whole. */
  readonly progress: () => { readonly offset: number; readonly size: number | undefined };
  readonly onRenewed: () => Promise<void>;
}

export class FillLease {
  readonly #parts: DownloadParts;
  readonly #timing: DownloadTiming;
  readonly #wanted: WantedBlob;
  readonly #fill: LeasedFill;
  readonly #lost = new AbortController();
  readonly #stop = new AbortController();
  readonly #renewals: Promise<void>;

  constructor(parts: DownloadParts, timing: DownloadTiming, wanted: WantedBlob, fill: LeasedFill) {
    this.#parts = parts;
    this.#timing = timing;
    this.#wanted = wanted;
    this.#fill = fill;
    this.#renewals = this.#renew();
  }

  /** Fires when somebody else took the fill over: this process seemed dead. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Gives the row up. Never throws: a row that stays dies with its lease. */
  async end(): Promise<void> {
    this.#stop.abort();
    await this.#renewals;
    const { repository, digest } = this.#wanted;
    try {
      await this.#parts.mirror.fills.end(repository, digest, this.#fill.holder);
    } catch (error) {
      this.#parts.onProblem(error, "the row of an ended download could not be removed");
    }
  }

  async #renew(): Promise<void> {
    const { mirror, now, onProblem } = this.#parts;
    const { repository, digest } = this.#wanted;
    const { holder, progress, onRenewed } = this.#fill;
    let toldSize: number | undefined;
    let renewedAt = now();
    while (await this.#pause()) {
      const { offset, size } = progress();
      if (size === toldSize && now() - renewedAt < this.#timing.renewal) continue;
      renewedAt = now();
      try {
        const leaseUntil = renewedAt + this.#timing.lease;
        const isOurs = await mirror.fills.save(repository, digest, { holder, offset, size, leaseUntil });
        if (!isOurs) return this.#lost.abort(new LeaseLost());
        toldSize = size;
        await onRenewed();
      } catch (error) {
        onProblem(error, "the lease of a download could not be renewed");
      }
    }
  }

  /** False when there is no next time. */
  async #pause(): Promise<boolean> {
    await pause(step, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    return !this.#stop.signal.aborted;
  }
}

export class LeaseLost extends Error {
  constructor() {
    super("another process took the download over");
    this.name = "LeaseLost";
  }
}
