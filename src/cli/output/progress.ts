// How far a long command is: on a terminal one line that is drawn again and again, elsewhere a line now and then. All
// of it goes to the error output, so that the result stands alone.
import type { Terminal } from "../terminal.ts";

const redrawMilliseconds = 100;
const lineMilliseconds = 10_000;
const clearLine = "\r\u001b[K";

export class Progress {
  readonly #terminal: Terminal;
  readonly #isDrawn: boolean;
  #last: number;
  #isDirty = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#isDrawn = terminal.isInteractive();
    this.#last = terminal.now();
  }

  /** @param text called only when it is time to show something; without line ends */
  show(text: () => string): void {
    const now = this.#terminal.now();
    if (now - this.#last < (this.#isDrawn ? redrawMilliseconds : lineMilliseconds)) return;
    this.#last = now;
    this.#terminal.stderr(this.#isDrawn ? `${clearLine}${text()}` : `${text()}\n`);
    this.#isDirty = this.#isDrawn;
  }

  /** Clears the line for what is printed next. */
  end(): void {
    if (this.#isDirty) this.#terminal.stderr(clearLine);
    this.#isDirty = false;
  }
}
