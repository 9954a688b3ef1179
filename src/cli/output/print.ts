// The one place that chooses between JSON and text.
import type { Terminal } from "../terminal.ts";
import type { Document } from "./document.ts";
import { jsonText } from "./json-text.ts";
import { fields, table } from "./table.ts";

type Format = { readonly json?: boolean };

/** @param columns keys that the table shows; JSON has all */
export function printList(
  terminal: Terminal,
  { json = false }: Format,
  columns: readonly string[],
  documents: readonly Document[],
): void {
  terminal.stdout(json ? jsonText(documents) : table(columns, documents));
}

export function printRecord(terminal: Terminal, { json = false }: Format, document: Document): void {
  terminal.stdout(json ? jsonText(document) : fields(document));
}

/** What was done: a sentence, or the record as it is now. */
export function printDone(
  terminal: Terminal,
  { json = false }: Format,
  sentence: string,
  document: Document,
): void {
  terminal.stdout(json ? jsonText(document) : `${sentence}\n`);
}

/**
 * A secret is shown once: alone on standard output, for `$(berth robot add …)` and pipes, with what there is to say
 * about it on the error output; or within the one JSON document.
 */
export function printSecret(
  terminal: Terminal,
  { json = false }: Format,
  secret: string,
  { hints, document }: { readonly hints: readonly string[]; readonly document: Document },
): void {
  if (json) return terminal.stdout(jsonText({ ...document, secret }));
  for (const hint of hints) terminal.stderr(`${hint}\n`);
  terminal.stdout(`${secret}\n`);
}
