// Runs a program to its end, as a user at a shell would. Of its own, because every real client is driven through it
// and a failure must show the program's own words.
import { execFile } from "node:child_process";

export interface CommandOptions {
  cwd?: string;
  environment?: Record<string, string>;
  timeoutSeconds?: number;
  /** What the program reads from its standard input: passwords come that way. */
  input?: string;
}

/** Standard output of `program args…`; rejects with everything it said when it ends with another code than 0. */
export function runCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const { cwd, environment = {}, timeoutSeconds = 240, input } = options;
  return new Promise((resolve, reject) => {
    const child = execFile(
      program,
      args,
      {
        ...(cwd === undefined ? {} : { cwd }),
        env: { ...process.env, ...environment },
        maxBuffer: 64 * 1024 * 1024,
        timeout: timeoutSeconds * 1000,
        killSignal: "SIGKILL",
      },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else
          reject(
            new Error(`${program} ${args.join(" ")}\n${error.message}\n${stdout}${stderr}`, { cause: error }),
          );
      },
    );
    if (input === undefined) return;
    // A program that ends without having read it all has its reasons, and they are in what it said.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
  });
}
