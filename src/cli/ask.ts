// One question to a person, one line as the answer. A file of its own because reading a hidden line from a terminal is
// full of traps, which the package `read` and the few lines here know.
import { read } from "read";
import type { Question } from "./terminal.ts";

export type Streams = {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean };
};

/** @throws Error when the answer is broken off, by Ctrl-C or the end of the input */
export async function ask({ input, output }: Streams, { text, hidden }: Question): Promise<string> {
  const answer = read({ prompt: text, silent: hidden, input, output });
  try {
    return await Promise.race([answer, brokenOff(input)]);
  } catch (cause) {
    throw new Error("broken off: nothing was changed", { cause });
  } finally {
    // the line end that was typed is hidden as well
    if (hidden) output.write("\n");
  }
}

/** Ctrl-D closes the line without an answer, of which `read` does not tell; but the input is paused then. */
function brokenOff(input: NodeJS.ReadableStream): Promise<never> {
  return new Promise((_, reject) => {
    input.once("pause", () => setImmediate(() => reject(new Error("the input ended"))));
  });
}
