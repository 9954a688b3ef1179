// What the command line needs of its process, as a value, so that tests can run commands without starting one.

type Signal = "SIGTERM" | "SIGINT" | "SIGHUP";

export type Question = {
  readonly text: string;
  /** What is typed is not shown. */
  readonly hidden: boolean;
};

export type Terminal = {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Standard input, for what is piped in. */
  readonly stdin: () => AsyncIterable<string | Uint8Array>;
  /** Whether somebody is there to be asked. */
  readonly isInteractive: () => boolean;
  /** Asks on the error output; rejects when the answer is broken off. */
  readonly ask: (question: Question) => Promise<string>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Name of the system's user who runs the command. */
  readonly systemUser: () => string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly onSignal: (signal: Signal, listener: () => void) => void;
  readonly offSignal: (signal: Signal, listener: () => void) => void;
  /** Ends the process at once. */
  readonly exit: (code: number) => void;
};
