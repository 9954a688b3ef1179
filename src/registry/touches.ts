// Touches, on their way to the database: a client that is about to push looks for many blobs at once, and one question
// serves all who ask while another is being answered.
import type { Digest } from "../../storage/digest.ts";
import type { GarbageStore, HeldContent } from "../../storage/metadata/garbage-store.ts";

export interface TouchesParts {
  readonly garbage: Pick<GarbageStore, "touch">;
  /** How long content stays that nothing needs. */
  readonly graceSeconds: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

interface Batch {
  readonly content: HeldContent[];
  /** Keys of what is held. */
  readonly held: Promise<ReadonlySet<string>>;
}

const maxContent = 100;

export class Touches {
  readonly #parts: TouchesParts;
  #last: Promise<unknown> = Promise.resolve();
  #open: Batch | undefined;

  constructor(parts: TouchesParts) {
    this.#parts = parts;
  }

  /**
   * Somebody is about to rely on the content: it is not collected within a grace from now, which is durable when this
   * resolves. False when the repository does not hold it, or not any more. What was touched within a fifth of the
   * grace is not written again; after a quarter it is.
   */
  async touch(repository: string, digest: Digest): Promise<boolean> {
    if (this.#open === undefined || this.#open.content.length >= maxContent) this.#open = this.#begin();
    const batch = this.#open;
    batch.content.push({ repository, digest });
    return (await batch.held).has(keyOf({ repository, digest }));
  }

  /** It gathers until it is its turn. */
  #begin(): Batch {
    const content: HeldContent[] = [];
    const held = this.#last.then(() => {
      if (this.#open?.content === content) this.#open = undefined;
      return this.#write(content);
    });
    this.#last = held.catch(() => undefined);
    return { content, held };
  }

  async #write(content: readonly HeldContent[]): Promise<ReadonlySet<string>> {
    const { garbage, graceSeconds, now } = this.#parts;
    const at = now();
    const held = await garbage.touch(content, { now: at, unlessSince: freshSince(at, graceSeconds * 1000) });
    return new Set(held.map(keyOf));
  }
}

/** A fifth of the grace ago, or a little more: in steps, within which the same question has the same answer. */
function freshSince(now: number, grace: number): number {
  const step = grace / 20;
  return Math.floor((now - grace / 5) / step) * step;
}

function keyOf({ repository, digest }: HeldContent): string {
  return `${repository}@${digest}`;
}
