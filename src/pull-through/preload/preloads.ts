// Preloads that go on by themselves, for whoever asked over HTTP and comes back to see how far they are: a bounded number,
// one after the other, and the last ones are remembered.
import { Preload, type PreloadOrder, type PreloadParts, type PreloadedImage } from "./preload.ts";

export interface PreloadsParts extends PreloadParts {
  readonly newId: () => string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export interface PreloadStatus {
  readonly id: string;
  readonly state: "waiting" | "running" | "done" | "failed" | "stopped";
  readonly startedAt: number;
  readonly endedAt: number | undefined;
  readonly images: readonly PreloadedImage[];
}

interface Entry {
  readonly id: string;
  readonly preload: Preload;
  readonly startedAt: number;
  state: PreloadStatus["state"];
  endedAt: number | undefined;
}

const maxWaiting = 16;
const maxRemembered = 64;

export class Preloads {
  readonly #parts: PreloadsParts;
  readonly #entries = new Map<string, Entry>();
  readonly #stop = new AbortController();
  /** The one that runs, and those behind it. */
  #line: Promise<void> = Promise.resolve();

  constructor(parts: PreloadsParts) {
    this.#parts = parts;
  }

  /** undefined when too many wait already. */
  start(order: PreloadOrder): PreloadStatus | undefined {
    const open = [...this.#entries.values()].filter(({ endedAt }) => endedAt === undefined);
    if (open.length >= maxWaiting || this.#stop.signal.aborted) return undefined;
    const { newId, now } = this.#parts;
    const preload = new Preload(this.#parts, order);
    const entry: Entry = { id: newId(), preload, startedAt: now(), state: "waiting", endedAt: undefined };
    this.#entries.set(entry.id, entry);
    this.#forgetOldest();
    this.#line = this.#line.then(() => this.#run(entry));
    return statusOf(entry);
  }

  find(id: string): PreloadStatus | undefined {
    const entry = this.#entries.get(id);
    return entry && statusOf(entry);
  }

  /** The newest first. */
  list(): PreloadStatus[] {
    return [...this.#entries.values()].reverse().map(statusOf);
  }

  /** Ends what runs; what is fetched already stays. */
  async close(): Promise<void> {
    this.#stop.abort(new Error("the registry is stopping"));
    await this.#line;
  }

  async #run(entry: Entry): Promise<void> {
    try {
      this.#stop.signal.throwIfAborted();
      entry.state = "running";
      const images = await entry.preload.run({ signal: this.#stop.signal });
      entry.state = images.some(({ phase }) => phase === "failed") ? "failed" : "done";
    } catch {
      // a run ends early by the signal alone: what fails is in the images
      entry.state = "stopped";
    } finally {
      entry.endedAt = this.#parts.now();
    }
  }

  #forgetOldest(): void {
    for (const { id, endedAt } of this.#entries.values()) {
      if (this.#entries.size <= maxRemembered) return;
      if (endedAt !== undefined) this.#entries.delete(id);
    }
  }
}

function statusOf({ id, preload, startedAt, state, endedAt }: Entry): PreloadStatus {
  return { id, state, startedAt, endedAt, images: preload.images };
}
