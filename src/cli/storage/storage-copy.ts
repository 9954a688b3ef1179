// `berth storage copy`: all blobs to another store, and from then on served from there.
import type { Command } from "commander";
import type { CopyProgress, StorageCopyReport } from "../../assembly/storage-tools.ts";
import { configFrom } from "../config-options.ts";
import { byteCount, timeSpan } from "../output/byte-count.ts";
import type { Document } from "../output/document.ts";
import { jsonText } from "../output/json-text.ts";
import { Progress } from "../output/progress.ts";
import { fields, table } from "../output/table.ts";
import type { Terminal } from "../terminal.ts";
import { storageSubcommand, withStorage, type StorageOptions, type StorageParts } from "./storage-parts.ts";

type Options = StorageOptions & {
  readonly to: string;
  readonly switch?: boolean;
  readonly leaveBroken?: boolean;
};

const examples = [
  "berth storage copy --config berth.yaml --to bucket.yaml             while the server runs, as often as you like",
  "berth storage copy --config berth.yaml --to bucket.yaml --switch    then with the server stopped",
  "berth serve --config bucket.yaml                                    and from there on",
];
const help = `
--to names a configuration with the same database and another blob store. Without --switch, blobs are copied and
nothing else changes; a run that was ended goes on where it was. --switch needs the server stopped: it copies what came
since and, in one step, makes the other store the one in use. The old store keeps its bytes, until you remove them.`;

export function storageCopyCommand(parts: StorageParts): Command {
  return storageSubcommand("copy", "copy all blobs to another blob store, and switch to it", examples)
    .requiredOption("--to <file>", "configuration file that the server is to be started with afterwards")
    .option("--switch", "switch to the other store when it has everything; the server must be stopped")
    .option("--leave-broken", "with --switch: do without the blobs that can't be copied")
    .addHelpText("after", help)
    .action((options: Options) => copy(parts, options));
}

async function copy(parts: StorageParts, options: Options): Promise<void> {
  const { terminal } = parts;
  const { switch: switchOver = false, leaveBroken = false, json = false } = options;
  const config = configFrom(options, terminal);
  const target = configFrom({ ...options, config: options.to }, terminal);
  const progress = new Progress(terminal);
  const start = terminal.now();
  const onProgress = (stand: CopyProgress): void =>
    progress.show(() => standOf(stand, (terminal.now() - start) / 1000));
  const report = await withStorage(parts, config, { exclusive: switchOver }, (storage, signal) =>
    storage.copyTo(target, { switchOver, leaveBroken, signal, onProgress }),
  ).finally(() => progress.end());
  print(terminal, report, json);
  judge(report, { switchOver, leaveBroken });
  if (!json) terminal.stdout(`\n${nextStep(report, options.to)}\n`);
}

function standOf(
  { blobs, totalBlobs, bytes, totalBytes, movedBytes }: CopyProgress,
  seconds: number,
): string {
  const rate = movedBytes / Math.max(seconds, 1);
  const rest = rate > 0 ? timeSpan(Math.max(0, totalBytes - bytes) / rate) : "unknown";
  return `${blobs} of ${totalBlobs} blobs, ${byteCount(bytes)} of ${byteCount(totalBytes)}, ${byteCount(rate)}/s, ${rest} left`;
}

function print(terminal: Terminal, report: StorageCopyReport, json: boolean): void {
  const { blobs, bytes, copied, copiedBytes, already, broken, switched } = report;
  const brokenBlobs: Document[] = report.brokenBlobs.map((blob) => ({ ...blob }));
  if (json) {
    const isSwitched = switched?.outcome === "switched";
    const document = {
      blobs,
      bytes,
      copied,
      copiedBytes,
      already,
      broken,
      switched: isSwitched,
      brokenBlobs,
    };
    return terminal.stdout(jsonText(document));
  }
  terminal.stdout(
    fields({
      blobs: `${blobs} (${byteCount(bytes)})`,
      "copied now": `${copied} (${byteCount(copiedBytes)})`,
      "copied before": already,
      broken,
    }),
  );
  if (brokenBlobs.length > 0) terminal.stdout(`\n${table(["digest", "reason"], brokenBlobs)}`);
}

/** @throws Error when something is left to do */
function judge(
  { broken, switched }: StorageCopyReport,
  { switchOver, leaveBroken }: { readonly switchOver: boolean; readonly leaveBroken: boolean },
): void {
  if (switched?.outcome === "incomplete") {
    throw new Error(`error: not switched: ${switched.uncopied} blobs have no copy yet; run this again`);
  }
  if (broken === 0 || (switchOver && leaveBroken)) return;
  const what = `${broken === 1 ? "a blob is" : `${broken} blobs are`} broken`;
  throw new Error(
    switchOver
      ? `error: not switched: ${what} and can't be copied. Push again what you have, or do without with --leave-broken`
      : `error: ${what} and can't be copied; everything else is. Push again what you have, then run this again`,
  );
}

function nextStep({ switched }: StorageCopyReport, to: string): string {
  if (switched?.outcome === "switched") {
    return `The blobs are served from the other store from now on: start the server with --config ${to}. The old store is not used any more.`;
  }
  return "All of them are in the other store; the server goes on with the old one. To switch, stop it and run this again with --switch.";
}
