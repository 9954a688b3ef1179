// A terminal in memory: what was written, what was asked and answered, which signals are awaited, and with which code
// the process would have ended.
import type { Question, Terminal } from "../../../src/cli/terminal.ts";

type Signal = "SIGTERM" | "SIGINT" | "SIGHUP";

export interface Typist {
  /** What is piped in. */
  readonly piped?: string | Uint8Array;
  /** Answers to questions, in their order, or by what is asked; without any there is nobody to be asked. */
  readonly answers?: readonly string[] | ((question: Question) => string);
}

export class RecordedTerminal implements Terminal {
  readonly environment: Readonly<Record<string, string>>;
  readonly questions: Question[] = [];
  readonly now: () => number;
  readonly exitCodes: number[] = [];
  output = "";
  errors = "";
  readonly #listeners: { signal: Signal; listener: () => void }[] = [];

  readonly #typist: Typist;

  constructor(
    environment: Readonly<Record<string, string>> = {},
    typist: Typist = {},
    now: () => number = Date.now,
  ) {
    this.environment = environment;
    this.#typist = typist;
    this.now = now;
  }

  readonly stdin = async function* (this: RecordedTerminal): AsyncGenerator<string | Uint8Array> {
    if (this.#typist.piped !== undefined) yield this.#typist.piped;
  }.bind(this);

  readonly isInteractive = (): boolean => this.#typist.answers !== undefined;

  readonly ask = async (question: Question): Promise<string> => {
    const { answers } = this.#typist;
    const answer = typeof answers === "function" ? answers(question) : answers?.[this.questions.length];
    this.questions.push(question);
    if (answer === undefined) throw new Error(`nobody answers "${question.text}"`);
    return answer;
  };

  readonly systemUser = (): string => "operator";

  readonly stdout = (text: string): void => {
    this.output += text;
  };

  readonly stderr = (text: string): void => {
    this.errors += text;
  };

  readonly exit = (code: number): void => {
    this.exitCodes.push(code);
  };

  readonly onSignal = (signal: Signal, listener: () => void): void => {
    this.#listeners.push({ signal, listener });
  };

  readonly offSignal = (signal: Signal, listener: () => void): void => {
    const index = this.#listeners.findIndex((one) => one.signal === signal && one.listener === listener);
    if (index !== -1) this.#listeners.splice(index, 1);
  };

  get awaitedSignals(): Signal[] {
    return this.#listeners.map(({ signal }) => signal);
  }

  raise(signal: Signal): void {
    for (const one of [...this.#listeners]) if (one.signal === signal) one.listener();
  }
}
