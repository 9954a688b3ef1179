// An htpasswd file beside the accounts: other programs keep it, so it is looked at before each use and read again when it
// changed. A file that can't be read or understood any more leaves what was known in force.
import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { compare } from "bcryptjs";
import type { HashingQueue } from "../accounts/hashing-queue.ts";
import { costOf, parseHtpasswd, type HtpasswdEntries } from "./htpasswd-entries.ts";

export interface HtpasswdFileOptions {
  readonly path: string;
  readonly queue: HashingQueue;
  /** Milliseconds of a clock that never goes back. */
  readonly clock: () => number;
  /** Told once when the file can't be used any more, in a sentence for an operator. */
  readonly onProblem: (message: string) => void;
  /** bcrypt, which runs in JavaScript on the main thread and lets others in between. */
  readonly compare?: (password: string, hash: string) => Promise<boolean>;
}

const lookEveryMilliseconds = 1000;
const usualCost = 10;

export class HtpasswdFile {
  readonly #options: HtpasswdFileOptions;
  #entries: HtpasswdEntries = new Map();
  #nobodys = nobodysHash([]);
  #version = 0;
  /** What the file looked like when it was last read, whether that went well or not. */
  #seen: string | undefined;
  #lookedAt: number;
  #looking: Promise<void> | undefined;

  private constructor(options: HtpasswdFileOptions) {
    this.#options = options;
    this.#lookedAt = options.clock();
  }

  /** @throws Error in a sentence for an operator: the file can't be read, or holds what is no bcrypt line */
  static async open(options: HtpasswdFileOptions): Promise<HtpasswdFile> {
    const file = new HtpasswdFile(options);
    await file.#read();
    return file;
  }

  /** Another number whenever the entries are others: what was remembered under an older one counts no more. */
  async version(): Promise<number> {
    await this.#refresh();
    return this.#version;
  }

  /**
   * Whether this is the user's password; undefined when the user does not stand in the file, after the same work.
   * @throws AccessError `busy`
   */
  async verify(name: string, password: string): Promise<boolean | undefined> {
    await this.#refresh();
    const entry = this.#entries.get(name);
    const { queue, compare: matches = compare } = this.#options;
    const right = await queue.run(() => matches(password, entry ?? this.#nobodys));
    return entry === undefined ? undefined : right;
  }

  /** A short text that stands for the user's entry, and for no other; undefined when there is none. */
  async markOf(name: string): Promise<string | undefined> {
    await this.#refresh();
    const entry = this.#entries.get(name);
    return entry && createHash("sha256").update(entry).digest("base64url").slice(0, 16);
  }

  async #refresh(): Promise<void> {
    const now = this.#options.clock();
    if (this.#looking === undefined && now - this.#lookedAt >= lookEveryMilliseconds) {
      this.#lookedAt = now;
      this.#looking = this.#look().finally(() => (this.#looking = undefined));
    }
    await this.#looking;
  }

  async #look(): Promise<void> {
    const before = this.#seen;
    try {
      await this.#read();
    } catch (error) {
      const { onProblem } = this.#options;
      if (this.#seen !== before) onProblem(`${reasonOf(error)}; the entries of before stay in force`);
    }
  }

  /** Nothing happens when the file looks as it did. */
  async #read(): Promise<void> {
    const { path } = this.#options;
    try {
      const look = await lookOf(path);
      if (look === this.#seen) return;
      this.#seen = look;
      this.#entries = parseHtpasswd(await readFile(path, "utf8"));
      this.#nobodys = nobodysHash([...this.#entries.values()]);
      this.#version++;
    } catch (error) {
      if (isSystemError(error)) this.#seen = error.code;
      throw new Error(`The htpasswd file ${path} cannot be used: ${reasonOf(error)}`, { cause: error });
    }
  }
}

/** bcrypt of nothing that is known. As costly as the costliest entry: the clock must not tell who stands in the file. */
function nobodysHash(hashes: readonly string[]): string {
  const cost = hashes.length === 0 ? usualCost : Math.max(...hashes.map(costOf));
  return `$2b$${String(cost).padStart(2, "0")}$${".".repeat(53)}`;
}

async function lookOf(path: string): Promise<string> {
  const file = await stat(path, { bigint: true });
  if (file.isFIFO()) throw new Error("it is a pipe, which would be waited for and can't be read again");
  const { ino, size, mtimeNs } = file;
  return `${ino} ${size} ${mtimeNs}`;
}

function isSystemError(error: unknown): error is Error & { code: string } {
  return error instanceof Error && "code" in error && typeof error.code === "string";
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
