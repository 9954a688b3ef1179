// The command line of the bench: what is asked for, or what to do about what can't be understood.
import { parseArgs } from "node:util";

export interface BenchOptions {
  readonly json: boolean;
  readonly list: boolean;
  readonly help: boolean;
  readonly quick: boolean;
  /** Also says which ratios are beyond the bounds of the regression guard. */
  readonly guard: boolean;
  readonly rounds: number;
  /** Names of scenarios, in their order; all of them unless some were named. */
  readonly only: readonly string[];
  readonly peers: readonly { readonly name: string; readonly url: string }[];
  readonly study: string | undefined;
}

/** What the user has to do differently. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export const usage = `npm run bench -- [options]

  --only NAME       this scenario, or those that begin so; again, or with commas, for several
  --list            the names of the scenarios
  --quick           small sizes and two short rounds: some minutes less, and less to be trusted
  --rounds N        how often each is measured (3; with --quick 2)
  --peer NAME=URL   measures that registry beside Berth; it must let everybody push. Again for several
  --json            the rows as JSON, nothing else on standard output
  --guard           quick, and only what has a bound in test/bench/bounds.json; warns of what is beyond it
  --study NAME      a bench with a table of its own instead; --list names these too
  --help            this

The data goes below TMPDIR (${process.env["TMPDIR"] ?? "/tmp"}), which should be on the kind of disk that matters to you.`;

const most = 100;

export function parseOptions(args: readonly string[], names: readonly string[]): BenchOptions {
  const values = read(args);
  const guard = values.guard ?? false;
  const quick = (values.quick ?? false) || guard;
  return {
    ...{ json: values.json ?? false, list: values.list ?? false, help: values.help ?? false, quick, guard },
    rounds: values.rounds === undefined ? (quick ? 2 : 3) : roundsOf(values.rounds),
    only: values.only === undefined ? names : chosen(values.only, names),
    peers: (values.peer ?? []).map(peerOf),
    study: values.study,
  };
}

function read(args: readonly string[]) {
  const flag = { type: "boolean" } as const;
  const text = { type: "string" } as const;
  const list = { type: "string", multiple: true } as const;
  try {
    const flags = { json: flag, list: flag, help: flag, quick: flag, guard: flag };
    const options = { ...flags, only: list, peer: list, rounds: text, study: text };
    return parseArgs({ args: [...args], options, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  }
}

function roundsOf(text: string): number {
  const rounds = Number(text);
  if (Number.isInteger(rounds) && rounds >= 1 && rounds <= most) return rounds;
  throw new UsageError(`--rounds takes a number from 1 to ${most}, not "${text}".`);
}

function chosen(given: readonly string[], names: readonly string[]): string[] {
  const wanted = given.flatMap((text) => text.split(",")).filter((text) => text !== "");
  for (const beginning of wanted) {
    if (names.some((name) => name.startsWith(beginning))) continue;
    throw new UsageError(
      `No scenario is called "${beginning}", or begins so. There are:\n  ${names.join("\n  ")}`,
    );
  }
  return names.filter((name) => wanted.some((beginning) => name.startsWith(beginning)));
}

function peerOf(text: string): { name: string; url: string } {
  const [, name = "", url = ""] = /^([^=]+)=(.*)$/.exec(text) ?? [];
  if (name !== "" && URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) {
    return { name, url: new URL(url).origin };
  }
  throw new UsageError(`--peer takes a name and a URL, such as zot=http://127.0.0.1:5000, not "${text}".`);
}
