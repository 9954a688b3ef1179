// The one place that knows the logging library. Everything else is handed a Logger.
import { pino, type DestinationStream, type Logger as PinoLogger } from "pino";

export type Logger = Pick<PinoLogger, "trace" | "debug" | "info" | "warn" | "error">;

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "silent";

/** Lines that a stalled reader did not take are kept up to this; then they are dropped rather than the process lost. */
const maxWaitingBytes = 16 * 1024 * 1024;

/**
 * JSON lines, one for each request and each notable event, on standard output unless told otherwise. They are written
 * in the background, so that a slow reader of the log never stalls a request, and flushed when the process exits.
 */
export function createLogger(
  level: LogLevel,
  destination: DestinationStream = pino.destination({ dest: 1, sync: false, maxLength: maxWaitingBytes }),
): Logger {
  const formatters = { level: (label: string) => ({ level: label }) };
  return pino({ level, base: null, formatters, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}
