// A program of this folder as a process of its own: its first line tells where it listens, or what it found.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

export interface Program {
  readonly pid: number;
  /** Without its line ending. */
  readonly firstLine: string;
  close(): Promise<void>;
}

/** @param name path below this folder's parent, without its ending: `yardsticks/bare-http` */
export async function startProgram(name: string, args: readonly string[]): Promise<Program> {
  const file = join(import.meta.dirname, "..", `${name}.js`);
  const child = spawn(process.execPath, [file, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "close") as Promise<[number | null]>;
  const said = once(createInterface({ input: child.stdout }), "line") as Promise<[string]>;
  const [firstLine] = await Promise.race([said, ended.then(() => [undefined])]);
  if (typeof firstLine !== "string" || child.pid === undefined) throw new Error(`${name} said nothing`);
  return {
    pid: child.pid,
    firstLine,
    close: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
