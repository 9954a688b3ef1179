// Credentials that a program gives: a docker credential helper, or one that prints them (ECR's live twelve hours).
import { spawn } from "node:child_process";
import { basename } from "node:path";
import { RemoteError } from "../remote-error.ts";
import type { Credentials, CredentialSource } from "./credential-source.ts";
import { readCredentials, serverAddressOf } from "./read-credentials.ts";

export interface CommandOptions {
  /** Program and arguments; no shell sees them. */
  readonly command: readonly string[];
  readonly everySeconds: number;
}

interface Given {
  readonly credentials: Credentials;
  /** Milliseconds since 1970. */
  readonly at: number;
}

const maxOutputBytes = 65_536;
/** What is refused anew is not run for anew: a refused pull may come a thousand times a second. */
const refusedAgainSeconds = 10;

export class CommandCredentials implements CredentialSource {
  readonly #options: CommandOptions;
  readonly #address: string;
  readonly #now: () => number;
  readonly #seconds: number;
  #given: Given | undefined;
  #running: Promise<Credentials> | undefined;

  constructor(
    options: CommandOptions,
    registry: URL,
    {
      now,
      commandSeconds = 30,
    }: { readonly now: () => number; readonly commandSeconds?: number | undefined },
  ) {
    this.#options = options;
    this.#address = serverAddressOf(registry);
    this.#now = now;
    this.#seconds = commandSeconds;
  }

  async get(): Promise<Credentials> {
    if (this.#given && this.#age(this.#given) < this.#options.everySeconds) return this.#given.credentials;
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
    return await this.#running;
  }

  refused(credentials: Credentials): void {
    if (this.#given?.credentials !== credentials) return;
    if (this.#age(this.#given) >= refusedAgainSeconds) this.#given = undefined;
  }

  /** A clock that was set back makes what is held old, not young for ever. */
  #age({ at }: Given): number {
    const seconds = (this.#now() - at) / 1000;
    return seconds < 0 ? Infinity : seconds;
  }

  async #run(): Promise<Credentials> {
    const [program = "", ...rest] = this.#options.command;
    const isHelper = basename(program).startsWith("docker-credential-") && rest.at(-1) !== "get";
    const output = await runProgram(
      program,
      isHelper ? [...rest, "get"] : rest,
      this.#address,
      this.#seconds,
    );
    const credentials = readCredentials(parse(output));
    if (!credentials) throw failure(program, "printed no credentials");
    this.#given = { credentials, at: this.#now() };
    return credentials;
  }
}

function parse(output: string): unknown {
  try {
    return JSON.parse(output);
  } catch {
    return undefined;
  }
}

/** Nothing that it prints gets into a message: helpers print secrets, and their errors, to standard output. */
function failure(program: string, problem: string, cause?: unknown): RemoteError {
  return new RemoteError("refused", `the credentials command ${basename(program)} ${problem}`, { cause });
}

function runProgram(
  program: string,
  args: readonly string[],
  input: string,
  seconds: number,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "ignore"] });
    const chunks: Buffer[] = [];
    let size = 0;
    const stop = (problem: string) => {
      reject(failure(program, problem));
      child.kill("SIGKILL");
      child.stdout.destroy();
    };
    const timer = setTimeout(() => stop(`did not end within ${seconds} s`), seconds * 1000);
    child.stdout.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > maxOutputBytes) stop("printed too much");
    });
    child.once("error", (cause) => {
      clearTimeout(timer);
      reject(failure(program, "cannot be run", cause));
    });
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(Buffer.concat(chunks).toString("utf8"));
      else reject(failure(program, `failed (${code === null ? (signal ?? "") : `exit code ${code}`})`));
    });
    // It may end without reading what it was told.
    child.stdin.on("error", () => undefined);
    child.stdin.end(`${input}\n`);
  });
}
