// The bench: options → scenarios one after the other → one table, or the same as JSON.
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { allScenarios } from "./all-scenarios.ts";
import { Bench, fullPace, quickPace, Shared } from "./bench.ts";
import { hasWrk } from "./load/small-load.ts";
import { parseOptions, usage, UsageError, type BenchOptions } from "./options.ts";
import { readBounds, warningsOf } from "./guard.ts";
import type { Scenario } from "./scenario.ts";
import { rowsOf, type Row } from "./rows.ts";
import { runScenario } from "./run-scenario.ts";
import { noteOn, startPeers } from "./servers/peers.ts";
import { runStudy, studiesIn } from "./studies.ts";
import { renderTable } from "./table.ts";

/** Of the checkout, where run.js starts this: the bench itself runs from a folder elsewhere. */
const root = process.cwd();

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(
    args,
    allScenarios.map(({ name }) => name),
  );
  if (options.help) console.log(usage);
  else if (options.list) printList();
  else if (options.study !== undefined) return runStudy(root, options.study);
  else await runAll(options);
  return 0;
}

function printList(): void {
  for (const { name, rows } of allScenarios) console.log(`${name.padEnd(24)} ${rows[0]?.title ?? ""}`);
  console.log(`\nstudies: ${studiesIn(root).join(", ")}`);
}

async function runAll(options: BenchOptions): Promise<void> {
  const folder = await mkdtemp(join(process.env["BERTH_TEST_TMP"] ?? tmpdir(), "data-"));
  // whoever guards against regressions has no use for others' figures
  const peers = await startPeers(options.peers, { installed: !options.guard });
  const shared = new Shared(folder, options.quick ? quickPace : fullPace, peers);
  const rows: Row[] = [];
  const names = peers.map(({ name }) => name);
  try {
    for (const scenario of chosenBy(options)) {
      const tell = (text: string): void => console.error(`${scenario.name}: ${text}`);
      const showings = await runScenario(scenario, await Bench.open(shared), options.rounds, tell);
      rows.push(...rowsOf(scenario, showings, names));
    }
  } finally {
    for (const peer of peers) await peer.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
  print(options, rows, names);
  if (options.guard) for (const text of warningsOf(rows, readBounds())) console.error(`WARNING: ${text}`);
}

function chosenBy({ only, guard }: BenchOptions): Scenario[] {
  const bounded = Object.keys(readBounds());
  const isGuarded = ({ rows }: Scenario): boolean => rows.some(({ title }) => bounded.includes(title));
  return allScenarios.filter((scenario) => only.includes(scenario.name) && (!guard || isGuarded(scenario)));
}

function print({ json, rounds, quick }: BenchOptions, rows: readonly Row[], peers: readonly string[]): void {
  const [cpu] = cpus();
  const machine = {
    ...{
      date: new Date().toISOString(),
      processors: cpus().length,
      processor: cpu?.model.trim() ?? "unknown",
    },
    ...{ memoryMiB: Math.round(totalmem() / 1024 ** 2), node: process.version },
  };
  const notes = [
    `Large is ${(quick ? quickPace : fullPace).mebibytes} MiB; with 16 streams each has a quarter of it, with 8 an eighth.`,
    ...peers.flatMap((name) => noteOn(name) ?? []),
    `Small requests were asked by ${hasWrk ? "wrk, HEAD by a client in Node" : "a client in Node, because wrk is not installed: it may be the limit"}.`,
  ];
  if (json) return console.log(JSON.stringify({ machine, rounds, quick, rows, notes }, null, 2));
  console.log(
    `${machine.processors} × ${machine.processor}, Node ${machine.node}, ${machine.date}, ${rounds} rounds\n`,
  );
  console.log(renderTable(rows, peers));
  console.log(`\n${notes.join("\n")}`);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
