// Notes of what was pulled, on their way to the database: a busy registry must not cause a write for every pull. They
// gather here for some seconds, and what was noted lately is not noted again. A crash loses some seconds of them. What
// was pushed and what a mirror keeps are noted alike, each in columns of its own.
import { LRUCache } from "lru-cache";
import type { Digest } from "../../storage/digest.ts";

export interface Pull {
  readonly repository: string;
  readonly digest: Digest;
  /** What it was asked for by; undefined when by digest. */
  readonly tag?: string | undefined;
}

export interface PullNotesParts {
  /** Many at once, and at most so often one of them. */
  readonly write: (pulled: readonly Pull[], at: number) => Promise<void>;
  /** How exactly the last pull is remembered. */
  readonly stepSeconds: () => number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly onProblem: (error: unknown, what: string) => void;
}

const gatherMilliseconds = 5000;
/** Noted lately; what is forgotten here is only written once more. */
const maxRemembered = 50_000;

export class PullNotes {
  readonly #parts: PullNotesParts;
  readonly #written = new LRUCache<string, number>({ max: maxRemembered });
  #gathered = new Map<string, Pull>();
  #flushedAt = 0;
  #flushing: Promise<void> = Promise.resolve();

  constructor(parts: PullNotesParts) {
    this.#parts = parts;
  }

  add(pull: Pull): void {
    const { now, stepSeconds, onProblem } = this.#parts;
    const at = now();
    const key = `${pull.repository}:${pull.tag ?? ""}@${pull.digest}`;
    const written = this.#written.get(key);
    if (written !== undefined && at - written < stepSeconds() * 1000) return;
    this.#gathered.set(key, pull);
    if (at - this.#flushedAt < gatherMilliseconds) return;
    this.flush().catch((error: unknown) => onProblem(error, "what was pulled could not be noted"));
  }

  /** Writes what gathered; resolves when all that was added before is written. Lost notes come with the next pull. */
  flush(): Promise<void> {
    this.#flushedAt = this.#parts.now();
    this.#flushing = this.#flushing.then(
      () => this.#write(),
      () => this.#write(),
    );
    return this.#flushing;
  }

  async #write(): Promise<void> {
    if (this.#gathered.size === 0) return;
    const notes = this.#gathered;
    this.#gathered = new Map();
    const at = this.#parts.now();
    await this.#parts.write([...notes.values()], at);
    for (const key of notes.keys()) this.#written.set(key, at);
  }
}
