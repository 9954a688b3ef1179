// `berth doctor storage`: what works at the configured place, what does not, and which option helps.
import type { Command } from "commander";
import { configFrom } from "../config-options.ts";
import { storageSubcommand, type StorageOptions, type StorageParts } from "../storage/storage-parts.ts";
import { printProbes } from "./print-probes.ts";

const examples = [
  "berth doctor storage                       try the configured blob store",
  "berth doctor storage --config bucket.yaml  before serving from it",
];

export function doctorStorageCommand({ terminal, probeStorage }: StorageParts): Command {
  return storageSubcommand(
    "storage",
    "write, read and delete in the configured blob store, and print what works",
    examples,
  ).action(async (options: StorageOptions) => {
    const columns = ["name", "outcome", "detail", "advice"];
    await printProbes(terminal, options, columns, probeStorage(configFrom(options, terminal)), (probe) => ({
      ...probe,
    }));
  });
}
