// The command line on a real database in a scratch directory, with a terminal in memory and a clock that stands still
// unless the test lets it tick.
import { join } from "node:path";
import { openAccess } from "../../../src/assembly/access-services.ts";
import { openGc } from "../../../src/assembly/gc-tools.ts";
import { openFsck } from "../../../src/assembly/fsck-tools.ts";
import { openMirror } from "../../../src/assembly/mirror-tools.ts";
import { openRetentionTools } from "../../../src/assembly/retention-tools.ts";
import { openTags } from "../../../src/assembly/tag-tools.ts";
import { openStorage, probeStorage } from "../../../src/assembly/storage-tools.ts";
import { probeUpstreams } from "../../../src/assembly/upstream-probes.ts";
import { runCommandLine } from "../../../src/cli/run-command-line.ts";
import type { Machinery } from "../../../src/cli/program.ts";
import { openMetadataStore } from "../../../storage/metadata/open-metadata-store.ts";
import { scratchDirectory } from "../../support/scratch-directory.ts";
import { RecordedTerminal, type Typist } from "./recorded-terminal.ts";

export const noon = Date.parse("2026-11-21T12:00:00Z");

export type Options = Partial<Pick<Machinery, "openAccess">> & {
  readonly now?: () => number;
  /** The data directory of a registry that exists; a new one is made unless it is given. */
  readonly data?: string;
  readonly environment?: Readonly<Record<string, string>>;
};

export interface Outcome {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
  /** What was asked. */
  readonly questions: readonly string[];
}

export interface RegistryAtHand {
  readonly data: string;
  /** Runs `berth <words>` on it; words are split at spaces unless given apart. */
  readonly berth: (words: string | readonly string[], typist?: Typist) => Promise<Outcome>;
  /** The same with --json, which must succeed. */
  readonly json: (words: string | readonly string[], typist?: Typist) => Promise<unknown>;
}

/** A second later each time. */
export function tickingClock(): () => number {
  let time = noon;
  return () => (time += 1000);
}

export async function registryAtHand(options: Options = {}): Promise<RegistryAtHand> {
  const data = options.data ?? (await newDataDirectory());
  const berth: RegistryAtHand["berth"] = (words, typist) => runOn(data, words, typist, options);
  const json: RegistryAtHand["json"] = async (words, typist) => {
    const { code, output, errors } = await berth([...split(words), "--json"], typist);
    if (code !== 0) throw new Error(errors);
    const document: unknown = JSON.parse(output);
    return document;
  };
  return { data, berth, json };
}

/** With the database that the first `berth serve` makes. */
async function newDataDirectory(): Promise<string> {
  const data = await scratchDirectory();
  const metadata = await openMetadataStore({ kind: "sqlite", path: join(data, "berth.sqlite") });
  await metadata.close();
  return data;
}

async function runOn(
  data: string,
  words: string | readonly string[],
  typist: Typist | undefined,
  { openAccess: open = openAccess, now = () => noon, environment }: Options,
): Promise<Outcome> {
  const variables = { BERTH_DATA: data, BERTH_AUTH_MODE: "accounts", ...environment };
  const terminal = new RecordedTerminal(variables, typist, now);
  const code = await runCommandLine(split(words), terminal, {
    openLog: () => Promise.reject(new Error("nothing is to be served here")),
    assemble: () => Promise.reject(new Error("nothing is to be served here")),
    openAccess: open,
    openStorage,
    probeStorage,
    openGc,
    openTags,
    openFsck,
    openMirror,
    openRetention: openRetentionTools,
    probeUpstreams,
  });
  const { output, errors } = terminal;
  return { code, output, errors, questions: terminal.questions.map(({ text }) => text) };
}

function split(words: string | readonly string[]): readonly string[] {
  return typeof words === "string" ? words.split(" ") : words;
}
