// `berth storage …`: the blob store as a whole.
import { Command } from "commander";
import { storageCheckCommand } from "./storage-check.ts";
import { storageCopyCommand } from "./storage-copy.ts";
import type { StorageParts } from "./storage-parts.ts";

export function storageCommand(parts: StorageParts): Command {
  return new Command("storage")
    .description("check the blob store, and move to another one")
    .addCommand(storageCheckCommand(parts))
    .addCommand(storageCopyCommand(parts));
}
