// One place that keys are read from, a file or a URL: read again when it may have changed, the last good keys kept when it
// can't be read.
import { noKeys, type KeySet } from "./key-set.ts";

export interface KeySourceOptions {
  /** What it is, for an operator. */
  readonly name: string;
  /** Its text, or undefined when that is the same as before. Rejects when there is none to be had. */
  readonly read: () => Promise<string | undefined>;
  /** @throws Error what is wrong with the text, to go on after the name */
  readonly parse: (text: string) => KeySet;
  /** Whether it changed is looked at before a use, if the last look is as old as this; without it, not then. */
  readonly beforeUseMilliseconds?: number;
  /** And when a key is missing. */
  readonly whenMissingMilliseconds: number;
  /** Milliseconds of a clock that never goes back. */
  readonly clock: () => number;
  /** Told once of each trouble. */
  readonly onProblem: (message: string) => void;
}

export class KeySource {
  readonly #options: KeySourceOptions;
  #current: KeySet = noKeys;
  #version = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;
  #problem: string | undefined;

  constructor(options: KeySourceOptions) {
    this.#options = options;
  }

  get current(): KeySet {
    return this.#current;
  }

  /** Grows with each change. */
  get version(): number {
    return this.#version;
  }

  /** @throws Error in words for an operator, when there is nothing usable */
  async readNow(): Promise<void> {
    const { clock, read, parse, name } = this.#options;
    this.#lookedAt = clock();
    try {
      const text = await read();
      if (text === undefined) return;
      this.#current = parse(text);
      this.#version++;
    } catch (error) {
      throw new Error(`${name} ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }

  /** Before a use. */
  async freshen(): Promise<void> {
    const { beforeUseMilliseconds } = this.#options;
    if (beforeUseMilliseconds !== undefined) await this.#lookUnlessWithin(beforeUseMilliseconds);
  }

  /** When a key is not there. */
  async lookAgain(): Promise<void> {
    await this.#lookUnlessWithin(this.#options.whenMissingMilliseconds);
  }

  /** Never rejects. */
  async look(): Promise<void> {
    this.#looking ??= this.#readOrReport().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #lookUnlessWithin(milliseconds: number): Promise<void> {
    const isRecent = this.#options.clock() - this.#lookedAt < milliseconds;
    await (isRecent ? this.#looking : this.look());
  }

  async #readOrReport(): Promise<void> {
    const before = this.#problem;
    try {
      await this.readNow();
      this.#problem = undefined;
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : String(error);
      const rest =
        this.#version === 0 ? "no token can be verified until it can" : "the keys of before stay in force";
      if (this.#problem !== before) this.#options.onProblem(`${this.#problem}; ${rest}`);
    }
  }
}
