// Tells an absent file from an absent store: below a volume that is unmounted for a moment, or a directory that was
// renamed, nothing of ours is found, and nothing may be concluded from that.
import { absentAsUndefined, type FileOperations } from "./file-operations.ts";
import type { Layout } from "./layout.ts";

export class StorePresence {
  readonly #operations: FileOperations;
  readonly #layout: Layout;
  /** The file system that the directory was on at first. */
  #device: number | undefined;

  constructor(operations: FileOperations, layout: Layout) {
    this.#operations = operations;
    this.#layout = layout;
  }

  /** @throws Error, in a sentence, when the directory is not there or another one lies in its place */
  async check(): Promise<void> {
    const { directory, uploads } = this.#layout;
    const stats = await absentAsUndefined(this.#operations.stat(uploads));
    if (!stats) throw new Error(`The blob directory ${directory} is gone: ${uploads} is not there.`);
    this.#device ??= stats.dev;
    if (stats.dev === this.#device) return;
    throw new Error(
      `The blob directory ${directory} is on another file system than at the start. Mount it again, or restart Berth.`,
    );
  }

  /** What `operation` resolves to, or undefined when the store is there and the file or folder that it names is not. */
  async find<T>(operation: Promise<T>): Promise<T | undefined> {
    const found = await absentAsUndefined(operation);
    if (found === undefined) await this.check();
    return found;
  }
}
