// What the command line needs of its process, as a value, so that tests can run commands without starting one.

type Signal = "SIGTERM" | "SIGINT";

export type Terminal = {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly onSignal: (signal: Signal, listener: () => void) => void;
  readonly offSignal: (signal: Signal, listener: () => void) => void;
  /** Ends the process at once. */
  readonly exit: (code: number) => void;
};
