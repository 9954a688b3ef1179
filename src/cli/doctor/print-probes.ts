// What was tried, as a table or as JSON, and an exit code for scripts: the same for everything that a doctor tries.
import type { Document } from "../output/document.ts";
import { jsonText } from "../output/json-text.ts";
import { table } from "../output/table.ts";
import type { Terminal } from "../terminal.ts";

/** @throws Error when a try failed */
export async function printProbes<T>(
  terminal: Terminal,
  { json = false }: { readonly json?: boolean },
  columns: readonly string[],
  probes: AsyncIterable<T>,
  documentOf: (probe: T) => Document,
): Promise<void> {
  const documents: Document[] = [];
  for await (const probe of probes) documents.push(documentOf(probe));
  terminal.stdout(json ? jsonText(documents) : table(columns, documents));
  const failures = documents.filter(({ outcome }) => outcome === "fails").length;
  if (failures > 0) throw new Error(`error: ${failures === 1 ? "1 try" : `${failures} tries`} failed`);
}
