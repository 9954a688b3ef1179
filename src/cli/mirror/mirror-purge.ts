// `berth mirror purge`: what is kept of a repository or a tag is given up; the next pull fetches it again (REQ-40).
import type { Command } from "commander";
import { confirm, withConfirmation, type ConfirmOptions } from "../access/confirm.ts";
import { byteCount } from "../output/byte-count.ts";
import { printDone } from "../output/print.ts";
import { storageSubcommand, type StorageOptions } from "../storage/storage-parts.ts";
import { withMirrorChange, type MirrorParts } from "./mirror-parts.ts";
import { keptName } from "./mirror-status.ts";

const examples = [
  "berth mirror purge docker.io/library/alpine:3.20        one tag",
  "berth mirror purge docker.io/library/alpine --yes       all of it",
];

export function mirrorPurgeCommand(parts: MirrorParts): Command {
  const command = storageSubcommand("purge", "give up what is cached of a repository or a tag", examples);
  return withConfirmation(command)
    .argument("<name>", "a repository, with a tag or without")
    .action((name: string, options: StorageOptions & ConfirmOptions) => purge(parts, name, options));
}

async function purge(
  parts: MirrorParts,
  what: string,
  options: StorageOptions & ConfirmOptions,
): Promise<void> {
  const { terminal } = parts;
  const [, repository = what, tag] = /^(.*):([^/:]+)$/.exec(what) ?? [];
  await confirm(terminal, options, `Give up what is cached of ${what}`);
  const change = { action: "mirror.purge", target: what };
  const purged = await withMirrorChange(parts, options, change, async (mirror) => {
    const gone = await mirror.images.purge(await keptName(mirror, repository), tag);
    if (gone === undefined) throw new Error(`error: nothing is cached of ${what}`);
    return gone;
  });
  const { manifests, bytes } = purged;
  const count = manifests === 1 ? "1 manifest" : `${manifests} manifests`;
  const sentence = `gave up ${count} of ${what}; ${byteCount(bytes)} become free within minutes`;
  printDone(terminal, options, sentence, { name: what, manifests, bytes });
}
