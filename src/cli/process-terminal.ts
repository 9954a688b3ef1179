// The terminal that a process has: its streams, its signals, its environment and the user who started it.
import { userInfo } from "node:os";
import type { Terminal } from "./terminal.ts";

export function processTerminal(process: NodeJS.Process): Terminal {
  return {
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    stdin: () => process.stdin,
    isInteractive: () => process.stdin.isTTY && process.stderr.isTTY,
    // loaded only when needed; the answers to other commands go to standard output, so the questions don't
    ask: async (question) =>
      (await import("./ask.ts")).ask({ input: process.stdin, output: process.stderr }, question),
    environment: process.env,
    systemUser,
    now: Date.now,
    onSignal: (signal, listener) => void process.on(signal, listener),
    offSignal: (signal, listener) => void process.off(signal, listener),
    exit: (code) => process.exit(code),
  };
}

/** In a container the user may have a number and no name. */
function systemUser(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? "unknown"}`;
  }
}
