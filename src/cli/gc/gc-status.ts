// `berth gc status`: what the collector will remove and when, and what it did.
import type { Command } from "commander";
import type { CollectorStatus } from "../../assembly/gc-tools.ts";
import { byteCount } from "../output/byte-count.ts";
import { timeOf, type Document, type NestedDocument } from "../output/document.ts";
import { jsonText } from "../output/json-text.ts";
import { fields } from "../output/table.ts";
import { storageSubcommand, type StorageOptions } from "../storage/storage-parts.ts";
import { amountText, withGc, type GcParts } from "./gc-parts.ts";

const examples = ["berth gc status", "berth gc status --json"];
const help = `
Exit code 1: the last collection failed.`;

export function gcStatusCommand(parts: GcParts): Command {
  return storageSubcommand("status", "say what will be removed, and what was", examples)
    .addHelpText("after", help)
    .action(async (options: StorageOptions) => {
      const status = await withGc(parts, options, (gc) => gc.collector.status());
      const { stdout } = parts.terminal;
      stdout(options.json === true ? jsonText(documentOf(status)) : fields(textOf(status)));
      const failed = status.report?.lastError;
      if (failed !== undefined) throw new Error(`error: the last collection failed: ${failed.message}`);
    });
}

/** With the keys of the admin API. */
function documentOf({ running, report, pending }: CollectorStatus): NestedDocument {
  const { startedAt, endedAt, collected, total, lastError } = report ?? {};
  return {
    ...{ running, pendingBytes: pending.bytes, pendingComplete: pending.complete },
    ...{ earliestAt: timeOf(pending.earliestAt), startedAt: timeOf(startedAt), endedAt: timeOf(endedAt) },
    ...{ collected: collected && { ...collected }, total: total && { ...total } },
    lastError: lastError && { at: timeOf(lastError.at), message: lastError.message },
  };
}

function textOf({ running, report, pending }: CollectorStatus): Document {
  const { startedAt, endedAt, collected, total } = report ?? {};
  return {
    running,
    pending: `${pending.complete ? "" : "at least "}${byteCount(pending.bytes)}`,
    "earliest at": timeOf(pending.earliestAt),
    "last began": timeOf(startedAt),
    "last ended": timeOf(endedAt),
    "last removed": collected && amountText(collected),
    "removed in all": total && amountText(total),
  };
}
