// Documents as text in columns: many as a table, one as a list of its fields with the tables that it holds below.
import { cell } from "./cell.ts";
import type { Document, Value } from "./document.ts";

/** @param columns keys of the documents, in their order */
export function table(columns: readonly string[], documents: readonly Document[]): string {
  const rows = documents.map((document) => columns.map((key) => cell(document[key])));
  return aligned([columns.map((key) => words(key).toUpperCase()), ...rows]);
}

export function fields(document: Document): string {
  const entries = Object.entries(document);
  const plain = entries.filter(([, value]) => !isTable(value));
  const text = aligned(plain.map(([key, value]) => [`${words(key)}:`, cell(value)]));
  return (
    text + entries.map(([key, value]) => (isTable(value) ? `${words(key)}:\n${nested(value)}` : "")).join("")
  );
}

function isTable(value: Value): value is readonly Document[] {
  return Array.isArray(value) && value.some((item) => typeof item === "object");
}

function nested(documents: readonly Document[]): string {
  const text = table(Object.keys(documents[0] ?? {}), documents);
  return text.replace(/^(?=.)/gm, "  ");
}

/** mayCreateProjects → may create projects */
function words(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [at, text] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, text.length);
  }
  const line = (row: readonly string[]): string =>
    row
      .map((text, at) => text.padEnd(widths[at] ?? 0))
      .join("  ")
      .trimEnd();
  return rows.map((row) => `${line(row)}\n`).join("");
}
