// What was asked for in one line, for the audit trail: in the words of the admin API, whose entries stand beside it.
import type { Document, Value } from "./document.ts";

/** What is undefined is left out. */
export function summary(document: Document): string {
  return Object.entries(document)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}: ${text(value)}`)
    .join(", ");
}

function text(value: Value): string {
  if (value instanceof Date) return value.toISOString();
  return typeof value === "string" ? value : JSON.stringify(value);
}
