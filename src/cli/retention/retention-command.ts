// `berth retention …`: which tags stay and which are deleted, by the policies of the configuration. `berth retention`
// alone says what was done, since what runs deletes.
import { Command } from "commander";
import type { RetentionParts } from "./retention-parts.ts";
import { retentionRunCommand } from "./retention-run.ts";
import { retentionStatusCommand } from "./retention-status.ts";

export function retentionCommand(parts: RetentionParts): Command {
  return new Command("retention")
    .description("delete the tags that no rule keeps; a server does by itself")
    .addCommand(retentionRunCommand(parts))
    .addCommand(retentionStatusCommand(parts), { isDefault: true });
}
