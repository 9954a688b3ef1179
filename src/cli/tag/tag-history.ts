// `berth tag history`: what became of one tag, or which tags of a repository are gone and until when each can come back.
import { Option, type Command } from "commander";
import type { TagChange } from "../../assembly/tag-tools.ts";
import { timeOf, type Document } from "../output/document.ts";
import { jsonText } from "../output/json-text.ts";
import { printList } from "../output/print.ts";
import { storageSubcommand, type StorageOptions } from "../storage/storage-parts.ts";
import { imageIn, withTags, type TagParts } from "./tag-parts.ts";

type Options = StorageOptions & { readonly limit: number };

const examples = [
  "berth tag history team/app:v1         what became of the tag",
  "berth tag history team/app            which tags are gone, and until when each can be restored",
];

export function tagHistoryCommand(parts: TagParts): Command {
  return storageSubcommand("history", "say what became of a tag, or which tags are gone", examples)
    .argument("<image>", "a repository, with a tag or without")
    .addOption(
      new Option("--limit <n>", "how many changes at most").default(100).argParser((text) => Number(text)),
    )
    .action((image: string, options: Options, command: Command) => {
      const { limit } = options;
      if (!Number.isInteger(limit) || limit < 1) command.error("error: --limit is a whole number, 1 or more");
      return history(parts, image, options);
    });
}

async function history(parts: TagParts, image: string, options: Options): Promise<void> {
  const { repository, tag } = imageIn(image);
  const { limit } = options;
  const { changes, more } = await withTags(parts, options, ({ history: tags }) =>
    tag === undefined ? tags.listRemoved(repository, { limit }) : tags.list(repository, tag, { limit }),
  );
  const { terminal } = parts;
  if (options.json === true) return terminal.stdout(jsonText({ changes: changes.map(documentOf), more }));
  if (changes.length === 0) {
    const nothing = tag === undefined ? "no tag is known to be gone" : "nothing is known of that tag";
    return terminal.stdout(`${nothing}\n`);
  }
  const columns = ["at", ...(tag === undefined ? ["tag"] : []), "kind", "digest", "by", "restorable"];
  printList(terminal, options, columns, changes.map(rowOf));
  if (more) terminal.stdout("there are more: see --limit\n");
}

/** With the keys of the admin API. */
function documentOf({ tag, at, kind, digest, previous, by, held, heldUntil }: TagChange): Document {
  return { tag, at: timeOf(at), kind, digest, previous, by, held, heldUntil: timeOf(heldUntil) };
}

function rowOf({ tag, at, kind, digest, by, held, heldUntil }: TagChange): Document {
  const until = heldUntil === undefined ? "yes" : `until ${new Date(heldUntil).toISOString()}`;
  return { at: timeOf(at), tag, kind, digest, by, restorable: held ? until : "no" };
}
