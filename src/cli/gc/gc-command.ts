// `berth gc …`: what nothing needs any more is removed. `berth gc` alone is `berth gc run`.
import { Command } from "commander";
import type { GcParts } from "./gc-parts.ts";
import { gcRunCommand } from "./gc-run.ts";
import { gcStatusCommand } from "./gc-status.ts";

export function gcCommand(parts: GcParts): Command {
  return new Command("gc")
    .description("remove what nothing needs any more; a server does by itself")
    .addCommand(gcRunCommand(parts), { isDefault: true })
    .addCommand(gcStatusCommand(parts));
}
