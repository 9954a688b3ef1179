// `berth mirror pin`, `unpin` and `pins`: patterns of images that stay, whatever room is needed.
import type { Command } from "commander";
import { printDone, printList } from "../output/print.ts";
import { storageSubcommand, type StorageOptions } from "../storage/storage-parts.ts";
import { withMirror, withMirrorChange, type MirrorParts } from "./mirror-parts.ts";

const patternHelp = "over <upstream>/<name>:<tag>; * is anything within a component, ** anything";

const beginning = "patterns begin with an upstream, as in docker.io/library/alpine:3.20";

const pinExamples = [
  "berth mirror pin 'registry.k8s.io/**:v1.31.*'",
  "berth mirror pin docker.io/library/alpine:3.20",
];

export function mirrorPinCommand(parts: MirrorParts): Command {
  return storageSubcommand("pin", "keep the cached images that a pattern fits", pinExamples)
    .argument("<pattern>", patternHelp)
    .action(async (pattern: string, options: StorageOptions, command: Command) => {
      if (!/\/|\*\*/.test(pattern)) command.error(`error: ${pattern} fits no image: ${beginning}`);
      const change = { action: "mirror.pin", target: pattern };
      await withMirrorChange(parts, options, change, (mirror) => mirror.pins.add(pattern));
      printDone(parts.terminal, options, `pinned ${pattern}`, { pattern });
    });
}

export function mirrorUnpinCommand(parts: MirrorParts): Command {
  const examples = ["berth mirror unpin 'registry.k8s.io/**:v1.31.*'"];
  return storageSubcommand("unpin", "let go what a pattern kept, when room is needed", examples)
    .argument("<pattern>", "as `berth mirror pins` lists it")
    .action(async (pattern: string, options: StorageOptions) => {
      const change = { action: "mirror.unpin", target: pattern };
      await withMirrorChange(parts, options, change, async ({ pins }) => {
        if (await pins.remove(pattern)) return;
        const isConfigured = pins.configured.includes(pattern);
        throw new Error(
          isConfigured
            ? `error: the configuration pins ${pattern} (mirror.pins): take it away there`
            : `error: ${pattern} is not pinned; berth mirror pins lists what is`,
        );
      });
      printDone(parts.terminal, options, `unpinned ${pattern}`, { pattern });
    });
}

export function mirrorPinsCommand(parts: MirrorParts): Command {
  return storageSubcommand("pins", "list the patterns of images that stay", ["berth mirror pins"]).action(
    async (options: StorageOptions) => {
      const documents = await withMirror(parts, options, async ({ pins }) => [
        ...pins.configured.map((pattern) => ({ pattern, configured: true })),
        ...(await pins.list()).map((pattern) => ({ pattern, configured: false })),
      ]);
      printList(parts.terminal, options, ["pattern", "configured"], documents);
    },
  );
}
