// `berth retention status`: how many policies there are, and what the last run deleted.
import type { Command } from "commander";
import type { RetentionStatus } from "../../assembly/retention-tools.ts";
import { timeOf, type Document, type NestedDocument } from "../output/document.ts";
import { jsonText } from "../output/json-text.ts";
import { fields } from "../output/table.ts";
import { storageSubcommand, type StorageOptions } from "../storage/storage-parts.ts";
import { amountText, withRetention, type RetentionParts } from "./retention-parts.ts";

const examples = ["berth retention status", "berth retention status --json"];
const help = `
Exit code 1: the last run failed.`;

export function retentionStatusCommand(parts: RetentionParts): Command {
  return storageSubcommand("status", "say what was deleted", examples)
    .addHelpText("after", help)
    .action(async (options: StorageOptions) => {
      const status = await withRetention(parts, options, ({ keeper }) => keeper.status());
      const { stdout } = parts.terminal;
      stdout(options.json === true ? jsonText(documentOf(status)) : fields(textOf(status)));
      const failed = status.report?.lastError;
      if (failed !== undefined) throw new Error(`error: the last run failed: ${failed.message}`);
    });
}

/** With the keys of the admin API. */
function documentOf({ policies, running, report }: RetentionStatus): NestedDocument {
  const { startedAt, endedAt, done, total, lastError } = report ?? {};
  return {
    ...{ policies, running, startedAt: timeOf(startedAt), endedAt: timeOf(endedAt) },
    ...{ done: done && { ...done }, total: total && { ...total } },
    lastError: lastError && { at: timeOf(lastError.at), message: lastError.message },
  };
}

function textOf({ policies, running, report }: RetentionStatus): Document {
  const { startedAt, endedAt, done, total } = report ?? {};
  return {
    ...{ policies, running },
    "last began": timeOf(startedAt),
    "last ended": timeOf(endedAt),
    "last deleted": done && amountText(done),
    "deleted in all": total && amountText(total),
  };
}
