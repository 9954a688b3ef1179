// The schema's complaints → sentences for people: what is wrong with which key, and the nearest right name.
import type { z } from "zod";
import { formatKeyPath } from "./key-path.ts";
import type { KeyPath } from "./key-path.ts";
import { likelyName } from "./nearest-name.ts";
import { everyPath, keysOf, nodeAt } from "./schema-node.ts";
import type { SchemaNode } from "./schema-node.ts";

type Issue = z.core.$ZodIssue;

/** A complaint about the value at `path`, which may be a key that does not exist. */
export type Complaint = { readonly path: KeyPath; readonly what: string };

const typeNames: Record<string, string> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "a section with keys of its own",
  record: "a section with keys of its own",
  array: "a list",
};

function valueAt(tree: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>((value, part) => {
    if (typeof value !== "object" || value === null) return undefined;
    return (value as Record<string | number, unknown>)[part];
  }, tree);
}

function got(value: unknown, hidden: boolean): string {
  if (hidden) return "";
  if (Array.isArray(value)) return ", not a list";
  if (typeof value === "object") return ", not a section";
  return `, not ${JSON.stringify(value)}`;
}

function unknownKey(root: SchemaNode, path: KeyPath, key: string): string {
  const section = nodeAt(root, path);
  const siblings = section === undefined ? [] : keysOf(section);
  const sibling = likelyName(key, siblings);
  if (sibling !== undefined)
    return `there is no such key; did you mean ${formatKeyPath([...path, sibling])}?`;
  const elsewhere = likelyName(key, everyPath(root).map(formatKeyPath));
  if (elsewhere !== undefined) return `there is no such key here; did you mean ${elsewhere}?`;
  return siblings.length === 0
    ? "there is no such key; nothing can be set here"
    : `there is no such key; known here: ${siblings.join(", ")}`;
}

const units: Record<string, string> = {
  string: " characters long",
  array: " entries long",
  set: " entries long",
};

function limit(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string {
  const [word, bound] = issue.code === "too_small" ? ["least", issue.minimum] : ["most", issue.maximum];
  if (issue.origin === "string" && String(bound) === "1") return "must not be empty";
  const unit = units[issue.origin] ?? "";
  return `must be at ${word} ${String(bound)}${unit}`;
}

function wrongChoice(values: readonly unknown[], value: unknown, hidden: boolean): string {
  const names = values.map(String);
  const nearest = typeof value === "string" && !hidden ? likelyName(value, names) : undefined;
  const choice = names.length === 1 ? `must be ${names.join("")}` : `must be one of ${names.join(", ")}`;
  return `${choice}${got(value, hidden)}${nearest === undefined ? "" : `; did you mean ${nearest}?`}`;
}

/** Of the forms that a value may take, the one whose complaints reach deepest was probably meant. */
function probablyMeant(forms: readonly (readonly Issue[])[]): readonly Issue[] {
  const depth = (issues: readonly Issue[]): number => Math.max(0, ...issues.map(({ path }) => path.length));
  return forms.toSorted((a, b) => depth(b) - depth(a) || a.length - b.length)[0] ?? [];
}

/** One issue may be several complaints: each unknown key is one. */
export function explainIssue(root: SchemaNode, tree: unknown, issue: Issue): Complaint[] {
  const path = issue.path.map((part) => (typeof part === "number" ? part : String(part)));
  const value = valueAt(tree, path);
  const hidden = nodeAt(root, path)?.secret ?? false;
  const one = (what: string): Complaint[] => [{ path, what }];
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => ({ path: [...path, key], what: unknownKey(root, path, key) }));
    case "invalid_type":
      if (value === null) return one("has no value; give it one or remove the key");
      if (value === undefined) return one("is missing and has no default");
      return one(`must be ${typeNames[issue.expected] ?? issue.expected}${got(value, hidden)}`);
    case "too_small":
    case "too_big":
      return one(limit(issue) + (typeof value === "number" ? got(value, hidden) : ""));
    case "invalid_value":
      return value === null || value === undefined
        ? one(`has no value; it must be one of ${issue.values.map(String).join(", ")}`)
        : one(wrongChoice(issue.values, value, hidden));
    case "invalid_union": {
      const meant = probablyMeant(issue.errors);
      if (meant.length === 0) return one("has none of the forms that are allowed here");
      return meant.flatMap((inner) =>
        explainIssue(root, tree, { ...inner, path: [...issue.path, ...inner.path] }),
      );
    }
    default:
      return one(issue.message);
  }
}
