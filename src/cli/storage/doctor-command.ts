// `berth doctor storage`: what works at the configured place, what does not, and which option helps.
import { Command } from "commander";
import { configFrom } from "../config-options.ts";
import { jsonText } from "../output/json-text.ts";
import { table } from "../output/table.ts";
import type { Document } from "../output/document.ts";
import { storageSubcommand, type StorageOptions, type StorageParts } from "./storage-parts.ts";

const examples = [
  "berth doctor storage                       try the configured blob store",
  "berth doctor storage --config bucket.yaml  before serving from it",
];

export function doctorCommand(parts: StorageParts): Command {
  return new Command("doctor")
    .description("try what Berth stands on, and say what helps")
    .addCommand(doctorStorageCommand(parts));
}

function doctorStorageCommand({ terminal, probeStorage }: StorageParts): Command {
  return storageSubcommand(
    "storage",
    "write, read and delete in the configured blob store, and print what works",
    examples,
  ).action(async (options: StorageOptions) => {
    const documents: Document[] = [];
    let failures = 0;
    for await (const probe of probeStorage(configFrom(options, terminal))) {
      documents.push({ ...probe });
      if (probe.outcome === "fails") failures += 1;
    }
    if (options.json === true) terminal.stdout(jsonText(documents));
    else terminal.stdout(table(["name", "outcome", "detail", "advice"], documents));
    if (failures > 0) throw new Error(`error: ${failures === 1 ? "1 try" : `${failures} tries`} failed`);
  });
}
