// The bytes that a worker writes, cut where lines end. A pipe takes at most 4 KiB at once for sure, so that workers which
// shared the primary's standard output would mix long lines; each writes to a pipe of its own instead, and the primary
// passes whole lines on.
const newline = 10;
/** No line of a log is as long: what comes without an end is not kept for ever. */
const maxUnfinished = 16 * 1024 * 1024;

export class WholeLines {
  readonly #pass: (lines: string) => void;
  /** What came after the last end of a line. */
  #unfinished: Buffer[] = [];
  #unfinishedBytes = 0;

  constructor(pass: (lines: string) => void) {
    this.#pass = pass;
  }

  /** What is left when the worker is dead is no line, and is dropped. */
  add(chunk: Buffer): void {
    const end = chunk.lastIndexOf(newline) + 1;
    if (end > 0) {
      this.#pass(Buffer.concat([...this.#unfinished, chunk.subarray(0, end)]).toString());
      this.#forget();
    }
    if (end < chunk.length) this.#keep(chunk.subarray(end));
  }

  #keep(rest: Buffer): void {
    if (this.#unfinishedBytes + rest.length > maxUnfinished) return this.#forget();
    this.#unfinished.push(rest);
    this.#unfinishedBytes += rest.length;
  }

  #forget(): void {
    this.#unfinished = [];
    this.#unfinishedBytes = 0;
  }
}
