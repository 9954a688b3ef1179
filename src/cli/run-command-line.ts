// Arguments → exit code: 0 done, 1 it failed, 2 the command was not understood. Failures are sentences, not stacks.
import { CommanderError } from "commander";
import { createProgram, type Machinery } from "./program.ts";
import type { Terminal } from "./terminal.ts";

function failureText(error: unknown, terminal: Terminal): string {
  const wantsStack = /^(debug|trace)$/.test(terminal.environment["BERTH_LOG_LEVEL"] ?? "");
  if (!(error instanceof Error)) return String(error);
  if (!wantsStack) return error.message;
  const cause = error.cause instanceof Error ? `\nCause: ${error.cause.stack ?? error.cause.message}` : "";
  return `${error.stack ?? error.message}${cause}`;
}

/** @param args what follows the program's name */
export async function runCommandLine(
  args: readonly string[],
  terminal: Terminal,
  machinery: Machinery,
): Promise<number> {
  try {
    await createProgram(terminal, machinery).parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    // Commander has written its message already; help and version are asked for by name and no fault.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    terminal.stderr(`${failureText(error, terminal)}\n`);
    return 1;
  }
}
