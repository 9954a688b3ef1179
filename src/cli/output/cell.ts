// A value as one cell of a table, for people: short, on one line, and unable to steer their terminal, since some of what
// is printed (the audit trail's names) was written by strangers.
import type { Value } from "./document.ts";

const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

export function cell(value: Value): string {
  if (value === undefined || value === "") return "-";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (value instanceof Date) return `${value.toISOString().slice(0, 16).replace("T", " ")}Z`;
  if (typeof value === "object") return value.length === 0 ? "-" : value.map(itemText).join(", ");
  return printable(String(value));
}

function printable(text: string): string {
  return text.replace(unprintable, (one) => `\\u{${(one.codePointAt(0) ?? 0).toString(16)}}`);
}

function itemText(item: string | { readonly [key: string]: Value }): string {
  return typeof item === "string" ? printable(item) : Object.values(item).map(cell).join(" ");
}
