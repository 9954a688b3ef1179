// `berth gc`: collects now what a server would collect by and by, or says what that is.
import { Option, type Command } from "commander";
import type { CollectionReport, OpenGc } from "../../assembly/gc-tools.ts";
import { entryOf } from "../access/with-access.ts";
import { timeOf } from "../output/document.ts";
import { jsonText } from "../output/json-text.ts";
import { Progress } from "../output/progress.ts";
import { storageSubcommand, type StorageOptions } from "../storage/storage-parts.ts";
import type { Terminal } from "../terminal.ts";
import { amountText, withGc, type GcParts } from "./gc-parts.ts";
import { printPlan } from "./gc-plan.ts";

type Options = StorageOptions & {
  readonly dryRun?: boolean;
  readonly full?: boolean;
  readonly wait?: boolean;
};

const examples = [
  "berth gc run                remove what nothing needed for gc.graceSeconds",
  "berth gc --dry-run          say exactly what that is, and remove nothing",
  "berth gc --wait             and stay until the bytes are gone, where no server runs",
  "berth gc --full --json      look through everything first, as after a downgrade",
];
const help = `
Works while a server runs, and needs none. The bytes of what was removed stay for a minute, for those who read them (on a
bucket with redirects for twenty); then a running server deletes them, or the next \`berth gc\`. It may be ended at any moment:
the next run goes on. Exit code 1: it was ended, or failed.`;

export function gcRunCommand(parts: GcParts): Command {
  return storageSubcommand("run", "collect now", examples)
    .addOption(
      new Option("--dry-run", "say what would be removed, and remove nothing").conflicts(["full", "wait"]),
    )
    .option("--full", "look through everything first, for what an older version left behind")
    .option("--wait", "stay until the bytes are deleted")
    .addHelpText("after", help)
    .action(async (options: Options) => {
      const { terminal } = parts;
      const progress = new Progress(terminal);
      await withGc(parts, options, async (gc, signal) => {
        if (options.dryRun === true)
          return printPlan(terminal, options, gc.collector.plan(), { signal, progress });
        const report = await collect(terminal, gc, options, { signal, progress });
        progress.end();
        printReport(terminal, options, report, gc);
        signal.throwIfAborted();
      }).finally(() => progress.end());
    });
}

interface Running {
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

async function collect(
  terminal: Terminal,
  gc: OpenGc,
  { full = false, wait = false }: Options,
  { signal, progress }: Running,
): Promise<CollectionReport> {
  const report = await gc.collect({
    ...{ full, signal },
    onWait: () => progress.show(() => "another collection goes on; this one waits for its turn"),
    onProgress: ({ collected }) => progress.show(() => `removed ${amountText(collected)}`),
  });
  const change = { action: "gc.run", target: "what nothing needs" };
  await gc.trail.write(entryOf(terminal, change, "allowed", amountText(report.collected)));
  if (wait && report.collected.blobs > 0) {
    progress.show(() => "the bytes wait for those who read them");
    await gc.pause(gc.readingGraceMilliseconds, signal);
  }
  await gc.deleteBytes(signal);
  return report;
}

function printReport(
  terminal: Terminal,
  { json = false, wait = false }: Options,
  { startedAt, endedAt, collected }: CollectionReport,
  { readingGraceMilliseconds }: OpenGc,
): void {
  if (json) {
    const times = { startedAt: timeOf(startedAt), endedAt: timeOf(endedAt) };
    return terminal.stdout(jsonText({ ...times, ...collected }));
  }
  const isLeft = collected.blobs > 0 && !wait;
  const minutes = readingGraceMilliseconds / 60_000;
  const rest = isLeft ? `; the bytes go in ${minutes === 1 ? "a minute" : `${minutes} minutes`}` : "";
  terminal.stdout(`removed ${amountText(collected)}${rest}\n`);
}
