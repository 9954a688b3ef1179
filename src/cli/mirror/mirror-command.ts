// `berth mirror …`: what is kept of upstreams.
import { Command } from "commander";
import type { MirrorParts } from "./mirror-parts.ts";
import { mirrorPinCommand, mirrorPinsCommand, mirrorUnpinCommand } from "./mirror-pins.ts";
import { mirrorPullCommand } from "./mirror-pull.ts";
import { mirrorPurgeCommand } from "./mirror-purge.ts";
import { mirrorStatusCommand } from "./mirror-status.ts";

export function mirrorCommand(parts: MirrorParts): Command {
  const commands = [
    mirrorPullCommand,
    mirrorStatusCommand,
    mirrorPurgeCommand,
    mirrorPinCommand,
    mirrorUnpinCommand,
    mirrorPinsCommand,
  ];
  const mirror = new Command("mirror").description("fetch images in advance, and look after what is cached");
  for (const command of commands) mirror.addCommand(command(parts));
  return mirror;
}
