// `berth tag restore`: points a tag at what it pointed at last, or once.
import type { Command } from "commander";
import { entryOf } from "../access/with-access.ts";
import { printDone } from "../output/print.ts";
import { storageSubcommand, type StorageOptions } from "../storage/storage-parts.ts";
import { imageIn, sentenceOf, withTags, type TagParts } from "./tag-parts.ts";

type Options = StorageOptions & { readonly digest?: string };

const examples = [
  "berth tag restore team/app:v1                       bring a deleted tag back",
  "berth tag restore team/app:v1 --digest sha256:…     move it back to what it was once",
];
const help = `
A tag can be restored while its manifest is there: for gc.graceSeconds after its last tag was deleted. What was deleted by
digest is gone at once. Exit code 1: it could not be restored.`;

export function tagRestoreCommand(parts: TagParts): Command {
  return storageSubcommand("restore", "bring a deleted or moved tag back", examples)
    .argument("<image>", "a repository with a tag, such as team/app:v1")
    .option("--digest <digest>", "one that the tag pointed at once; also moves a tag that is there")
    .addHelpText("after", help)
    .action((image: string, options: Options, command: Command) => {
      const { repository, tag } = imageIn(image);
      if (tag === undefined) return command.error(`error: ${image} names no tag: write ${image}:TAG`);
      return restore(parts, options, { image, repository, tag, digest: options.digest });
    });
}

interface Wanted {
  readonly image: string;
  readonly repository: string;
  readonly tag: string;
  readonly digest: string | undefined;
}

async function restore(parts: TagParts, options: Options, wanted: Wanted): Promise<void> {
  const { terminal } = parts;
  const { image, repository, tag, digest } = wanted;
  const change = { action: "tag.restore", target: image };
  const { changed, ...restored } = await withTags(parts, options, async ({ restoreTag, trail }) => {
    const by = entryOf(terminal, change, "allowed").actor;
    try {
      const result = await restoreTag(repository, tag, { digest, by });
      await trail.write(entryOf(terminal, change, "allowed", result.digest));
      return result;
    } catch (error) {
      const sentence = sentenceOf(error);
      await trail.write(entryOf(terminal, change, "failed", sentence.message));
      throw sentence;
    }
  });
  const sentence = `${image} ${changed ? "points" : "pointed"} at ${restored.digest} ${changed ? "again" : "already"}`;
  printDone(terminal, options, sentence, { repository, tag, ...restored, changed });
}
