// What can't be undone asks first; a script says --yes.
import type { Command } from "commander";
import type { Terminal } from "../terminal.ts";

export type ConfirmOptions = { readonly yes?: boolean };

export function withConfirmation(command: Command): Command {
  return command.option("-y, --yes", "do not ask");
}

/**
 * @param what such as `Remove the user jane`
 * @throws Error when there is nobody to ask, or the answer is no
 */
export async function confirm(
  terminal: Terminal,
  { yes = false }: ConfirmOptions,
  what: string,
): Promise<void> {
  if (yes) return;
  if (!terminal.isInteractive()) {
    throw new Error(
      "error: there is no terminal to ask on, so nothing was changed: add --yes if you mean it",
    );
  }
  const answer = await terminal.ask({ text: `${what}? [y/N]`, hidden: false });
  if (!/^y(es)?$/i.test(answer.trim())) throw new Error("error: not confirmed, so nothing was changed");
}
