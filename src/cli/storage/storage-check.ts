// `berth storage check`: do the rows and the objects agree?
import type { Command } from "commander";
import type { CheckProgress, Finding, StorageCheckReport } from "../../assembly/storage-tools.ts";
import { configFrom } from "../config-options.ts";
import { byteCount } from "../output/byte-count.ts";
import type { Document } from "../output/document.ts";
import { jsonText } from "../output/json-text.ts";
import { Progress } from "../output/progress.ts";
import { fields, table } from "../output/table.ts";
import type { Terminal } from "../terminal.ts";
import { parseDuration } from "./duration.ts";
import { storageSubcommand, withStorage, type StorageOptions, type StorageParts } from "./storage-parts.ts";

type Options = StorageOptions & { readonly repair?: boolean; readonly grace: number };

const examples = [
  "berth storage check                        look; exit code 1 when something does not agree",
  "berth storage check --repair               and mend it",
  "berth storage check --grace 7d --json",
];
const help = `
Works while a server runs. --repair hands objects that no row knows to the delete queue, from which a running server
deletes them an hour later; marks blobs whose bytes are gone or of another size as damaged, which the next push of them
heals; and removes uploads that were forgotten. Exit code 1: something was found that is not repaired.`;

export function storageCheckCommand(parts: StorageParts): Command {
  return storageSubcommand("check", "compare the database with the blob store, and repair", examples)
    .option("--repair", "mend what is found")
    .option("--grace <span>", "objects younger than this are left alone", parseDuration, 86_400)
    .addHelpText("after", help)
    .action(async (options: Options) => {
      const { repair = false, grace: graceSeconds, json = false } = options;
      const { terminal } = parts;
      const config = configFrom(options, terminal);
      const progress = new Progress(terminal);
      const onProgress = (stand: CheckProgress): void => progress.show(() => standOf(stand));
      const report = await withStorage(parts, config, { exclusive: false }, (storage, signal) =>
        storage.check({ repair, graceSeconds, signal, onProgress }),
      ).finally(() => progress.end());
      print(terminal, report, json);
      judge(report, repair);
    });
}

function standOf({ objects, blobs, bytes, found }: CheckProgress): string {
  return `${objects} objects, ${byteCount(bytes)}, ${blobs} blobs checked; ${found} found`;
}

function print(terminal: Terminal, report: StorageCheckReport, json: boolean): void {
  const findings = report.findings.map(documentOf);
  if (json) return terminal.stdout(jsonText({ ...summaryOf(report), findings }));
  terminal.stdout(fields(textOf(report)));
  if (findings.length > 0) {
    terminal.stdout(`\n${table(["kind", "digest", "locator", "size", "storedSize"], findings)}`);
  }
  const unnamed = report.found - findings.length;
  if (unnamed > 0) terminal.stdout(`… and ${unnamed} more\n`);
}

function summaryOf(report: StorageCheckReport): Document {
  const { objects, objectBytes, blobs, counts, orphanBytes, damaged, staleUploads, repaired } = report;
  return {
    ...{ objects, objectBytes, blobs, orphans: counts.orphan, orphanBytes, missing: counts.missing },
    ...{ wrongSize: counts["wrong-size"], damaged, staleUploads, repaired },
  };
}

function textOf(report: StorageCheckReport): Document {
  const { objects, objectBytes, blobs, counts, orphanBytes, damaged, staleUploads, repaired } = report;
  return {
    objects: `${objects} (${byteCount(objectBytes)})`,
    blobs,
    "objects without a blob": counts.orphan === 0 ? 0 : `${counts.orphan} (${byteCount(orphanBytes)})`,
    "blobs without an object": counts.missing,
    "blobs of another size": counts["wrong-size"],
    "damaged before, waiting for a push": damaged,
    ...(repaired && { "forgotten uploads removed": staleUploads }),
  };
}

function documentOf(finding: Finding): Document {
  return { ...finding };
}

/** @throws Error when something is left to do */
function judge({ found, repaired }: StorageCheckReport, repair: boolean): void {
  if (found === 0 || repaired) return;
  const count = found === 1 ? "1 thing does" : `${found} things do`;
  throw new Error(
    repair
      ? `error: nothing was repaired: of the blobs that the database knows none is in this blob store. Is it the right one, and mounted? Where all of it is lost, pushes heal it one by one.`
      : `error: ${count} not agree; berth storage check --repair mends what can be mended`,
  );
}
