// `berth doctor …`: what Berth stands on, tried for real.
import { Command } from "commander";
import type { StorageParts } from "../storage/storage-parts.ts";
import { doctorStorageCommand } from "./doctor-storage.ts";
import { doctorUpstreamCommand, type UpstreamProbing } from "./doctor-upstream.ts";

export function doctorCommand(parts: StorageParts & UpstreamProbing): Command {
  return new Command("doctor")
    .description("try what Berth stands on, and say what helps")
    .addCommand(doctorStorageCommand(parts))
    .addCommand(doctorUpstreamCommand(parts));
}
