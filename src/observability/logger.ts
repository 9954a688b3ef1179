// The one place that knows the logging library. Everything else is handed a Logger.
import { pino, type DestinationStream, type Logger as PinoLogger } from "pino";
import { LinesOfATurn } from "./lines-of-a-turn.ts";

export type Logger = Pick<PinoLogger, "trace" | "debug" | "info" | "warn" | "error">;

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "silent";

/** Lines that a stalled reader did not take are kept up to this; then they are dropped rather than the process lost. */
const maxWaitingBytes = 16 * 1024 * 1024;

/** A log that others may add to. */
export interface Log {
  readonly logger: Logger;
  /** Whole lines that another process made. All go out by one writer, so that no two lines are ever mixed. */
  readonly pass: (lines: string) => void;
  /**
   * Resolves when all is written, or can't be any more. To be waited for before the process exits: what is left then is
   * tried again for ever where nobody reads, as when Ctrl-C ends both sides of `berth serve | tee log`.
   */
  readonly flush: () => Promise<void>;
}

export function openLog(level: LogLevel): Log {
  const { lines, destination } = standardOutput();
  return {
    logger: createLogger(level, lines),
    pass: (others) => lines.write(others),
    flush: () => {
      lines.pass();
      return new Promise((resolve) => destination.flush(() => resolve()));
    },
  };
}

/**
 * They are written in the background, so that a slow reader of the log never stalls a request, and with the turn that made
 * them: whoever sees an answer finds its line.
 */
function standardOutput() {
  // Listeners are called in their order: what waits here is handed over before pino writes the last of it.
  process.once("exit", () => lines.pass());
  const destination = pino.destination({ dest: 1, sync: false, maxLength: maxWaitingBytes });
  const lines = new LinesOfATurn(destination);
  return { lines, destination };
}

/**
 * JSON lines, one for each request and each notable event, on standard output unless told otherwise, where they are
 * flushed when the process exits.
 * @param base what stands in every line
 */
export function createLogger(
  level: LogLevel,
  destination: DestinationStream = standardOutput().lines,
  base: Readonly<Record<string, number>> | null = null,
): Logger {
  const formatters = { level: (label: string) => ({ level: label }) };
  return pino({ level, base, formatters, timestamp: isoTime() }, destination);
}

/** As pino's own, which formats the time anew for each of the lines of a millisecond. */
function isoTime(): () => string {
  let [at, text] = [0, ""];
  return () => {
    const now = Date.now();
    if (now !== at) [at, text] = [now, `,"time":"${new Date(now).toISOString()}"`];
    return text;
  };
}
