// The process: arguments in, exit code out.
import { runCommand } from "./command-line.ts";

process.exitCode = await runCommand(process.argv.slice(2), console.log, console.error);
