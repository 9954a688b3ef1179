// Where a new password comes from: a hidden prompt, or standard input. Never an argument: those stand in the shell's
// history and in the list of processes.
import { isUtf8 } from "node:buffer";
import type { Command } from "commander";
import type { Terminal } from "../terminal.ts";

export type PasswordOptions = { readonly passwordStdin?: boolean };

/** More than any password may have; what is piped in by mistake has no end. */
const maxLength = 10_000;

export function withPasswordStdin(command: Command): Command {
  return command.option("--password-stdin", "read the password from standard input instead of asking for it");
}

/**
 * @param otherwise what else can be done without a terminal
 * @throws Error when there is nobody to ask, or the two answers differ
 */
export async function newPassword(
  terminal: Terminal,
  { passwordStdin = false }: PasswordOptions,
  otherwise = "",
): Promise<string> {
  if (passwordStdin) return pipedPassword(terminal);
  if (!terminal.isInteractive()) {
    throw new Error(
      `error: there is no terminal to ask for a password on: pipe it in with --password-stdin${otherwise}`,
    );
  }
  const password = await terminal.ask({ text: "New password:", hidden: true });
  const again = await terminal.ask({ text: "The same again:", hidden: true });
  if (password !== again) throw new Error("error: the two passwords differ, so nothing was changed");
  return password;
}

/** All of the input but the line end at its end. */
async function pipedPassword(terminal: Terminal): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of terminal.stdin()) {
    chunks.push(Buffer.from(chunk));
    length += chunk.length;
    if (length > maxLength) throw new Error("error: what is piped in is too long for a password");
  }
  const bytes = Buffer.concat(chunks);
  if (!isUtf8(bytes)) throw new Error("error: what is piped in is not text in UTF-8");
  return bytes.toString().replace(/\r?\n$/, "");
}
