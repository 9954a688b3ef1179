// Text from an environment variable or a flag → a value of the type that the key has.
import { parseDocument } from "yaml";
import type { ConfigProblem } from "./config-error.ts";
import { formatKeyPath } from "./key-path.ts";
import type { KeyPath } from "./key-path.ts";
import { kindsOf, nodeAt } from "./schema-node.ts";
import type { SchemaNode, ValueKind } from "./schema-node.ts";

export type ParsedText = { readonly value: unknown } | { readonly problem: ConfigProblem };

const expectations: Record<ValueKind, string> = {
  number: "must be a number, in digits",
  boolean: "must be true or false",
  section: "must be keys and values written as YAML or JSON, such as {key: value}",
  list: 'must be a list written as YAML or JSON, such as ["first", "second"]',
  text: "must be text",
};

function collection(text: string): object | undefined {
  const document = parseDocument(text, { prettyErrors: false });
  if (document.errors.length > 0) return undefined;
  try {
    const value: unknown = document.toJS();
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Numbers and booleans by their spelling, sections and lists as YAML (which JSON is), everything else as it stands. */
export function parseText(root: SchemaNode, path: KeyPath, text: string): ParsedText {
  const node = nodeAt(root, path);
  const kinds: ReadonlySet<ValueKind> = node === undefined ? new Set() : kindsOf(node);
  const trimmed = text.trim();
  if (kinds.has("number") && /^[+-]?\d+(\.\d+)?$/.test(trimmed)) return { value: Number(trimmed) };
  if (kinds.has("boolean") && /^(true|false)$/.test(trimmed)) return { value: trimmed === "true" };
  if (kinds.has("list") || kinds.has("section")) {
    const value = collection(text);
    if (value !== undefined && kinds.has(Array.isArray(value) ? "list" : "section")) return { value };
  }
  if (kinds.size === 0 || kinds.has("text")) return { value: text };
  const what = [...kinds].map((kind) => expectations[kind]).join(", or ");
  return { problem: { where: formatKeyPath(path), what } };
}
