// `berth storage …`: the blob store as a whole.
import { Command } from "commander";
import { storageCopyCommand } from "./storage-copy.ts";
import type { StorageParts } from "./storage-parts.ts";

export function storageCommand(parts: StorageParts): Command {
  return new Command("storage")
    .description("move the blobs to another place")
    .addCommand(storageCopyCommand(parts));
}
