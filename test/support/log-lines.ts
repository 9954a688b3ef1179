// A logger whose lines can be read.
import { createLogger, type Logger, type LogLevel } from "../../src/observability/logger.ts";

export type LogLine = Readonly<Record<string, unknown>>;

export interface LogLines {
  readonly logger: Logger;
  /** All lines so far. */
  readonly lines: readonly LogLine[];
  /** The line of one request, once it is written. */
  of(requestId: string): LogLine | undefined;
}

export function collectLog(level: LogLevel = "info"): LogLines {
  const lines: LogLine[] = [];
  const logger = createLogger(level, { write: (line) => void lines.push(JSON.parse(line) as LogLine) });
  const of = (requestId: string) =>
    lines.find((line) => line["requestId"] === requestId && line["msg"] === "request");
  return { logger, lines, of };
}
