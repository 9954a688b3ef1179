// Log lines that were made in the same turn of the event loop, written together: each write is a system call in a thread
// of its own, which costs a request more than making its line does.
import type { DestinationStream } from "pino";

export class LinesOfATurn implements DestinationStream {
  readonly #destination: DestinationStream;
  #lines = "";

  constructor(destination: DestinationStream) {
    this.#destination = destination;
  }

  write(line: string): void {
    if (this.#lines === "") setImmediate(this.pass);
    this.#lines += line;
  }

  /** Hands over what there is: to be called before the destination is flushed, and before the process exits. */
  readonly pass = (): void => {
    const lines = this.#lines;
    this.#lines = "";
    if (lines !== "") this.#destination.write(lines);
  };
}
