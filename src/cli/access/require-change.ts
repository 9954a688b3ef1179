// A `set` that sets nothing was not understood.
import type { Command } from "commander";

export function requireChange(command: Command, wanted: Readonly<Record<string, unknown>>): void {
  if (Object.values(wanted).some((value) => value !== undefined)) return;
  command.error("error: nothing to change: name at least one option that says what shall be otherwise");
}
