// `berth tag …`: what became of tags, and bringing one back.
import { Command } from "commander";
import { tagHistoryCommand } from "./tag-history.ts";
import type { TagParts } from "./tag-parts.ts";
import { tagRestoreCommand } from "./tag-restore.ts";

export function tagCommand(parts: TagParts): Command {
  return new Command("tag")
    .description("see what became of tags, and bring one back")
    .addCommand(tagHistoryCommand(parts))
    .addCommand(tagRestoreCommand(parts));
}
