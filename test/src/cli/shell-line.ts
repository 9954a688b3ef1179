// The little of a shell that examples in help and pages use: words and quotes, a comment after them, `< file`, a pipe
// or a file behind, and `NAME=$(command)` around.

export interface ShellLine {
  /** The first word is the program. */
  readonly words: readonly string[];
  /** The file that is piped in. */
  readonly input: string | undefined;
}

export function parseShellLine(text: string): ShellLine {
  const inner = /^[A-Z]+=\$\((.*)\)/.exec(text)?.[1];
  // what stands behind two spaces explains the example
  const [command = ""] = (inner ?? text).split(/ {2,}| [|>] /);
  const [line = "", input] = command.split(" < ");
  const words = Array.from(line.matchAll(/'([^']*)'|(\S+)/g), ([, quoted, plain]) => quoted ?? plain ?? "");
  return { words, input };
}
