// What one process remembers of its uploads beyond what lies in the bucket, where a small one leaves no trace: when it
// was written to, and that it is over. May be lost without harm, since rows decide what exists.
import type { UploadId } from "../../upload-id.ts";

const maxKnown = 10_000;

export class KnownUploads {
  readonly #now: () => number;
  readonly #writtenAt = new Map<UploadId, number | "over">();

  constructor(now: () => number) {
    this.#now = now;
  }

  written(id: UploadId): void {
    if (!this.isOver(id)) this.#note(id, this.#now());
  }

  end(id: UploadId): void {
    this.#note(id, "over");
  }

  isOver(id: UploadId): boolean {
    return this.#writtenAt.get(id) === "over";
  }

  staleSince(date: Date): UploadId[] {
    const stale = [...this.#writtenAt].filter(([, at]) => at !== "over" && at < date.getTime());
    return stale.map(([id]) => id);
  }

  #note(id: UploadId, at: number | "over"): void {
    this.#writtenAt.delete(id);
    this.#writtenAt.set(id, at);
    for (const [oldest] of this.#writtenAt) {
      if (this.#writtenAt.size <= maxKnown) break;
      this.#writtenAt.delete(oldest);
    }
  }
}
