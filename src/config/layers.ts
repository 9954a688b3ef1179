// Lays the sources over each other: the file's tree below, then single settings from the environment and the flags.
import type { ConfigProblem } from "./config-error.ts";
import type { Setting } from "./environment.ts";
import { formatKeyPath } from "./key-path.ts";
import type { KeyPath } from "./key-path.ts";
import { childOf, kindsOf } from "./schema-node.ts";
import type { SchemaNode } from "./schema-node.ts";

/** A section whose keys are all left out (`http:` alone) is null in YAML and means an empty section. */
export function withEmptySections(value: unknown, node: SchemaNode | undefined): unknown {
  if (value === null && node !== undefined && kindsOf(node).has("section")) return {};
  if (Array.isArray(value)) {
    return value.map((item, index) => withEmptySections(item, node && childOf(node, index)));
  }
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, item]): [string, unknown] => [
    key,
    withEmptySections(item, node && childOf(node, key)),
  ]);
  return Object.fromEntries(entries);
}

function isBranch(value: unknown, part: string | number): value is Record<string | number, unknown> {
  return typeof value === "object" && value !== null && Array.isArray(value) === (typeof part === "number");
}

/** The tree with `value` at `path`; a tree of the wrong shape is left as it is, for the schema to complain about. */
function withValue(tree: unknown, path: KeyPath, value: unknown): unknown {
  const [part, ...rest] = path;
  if (part === undefined) return value;
  const branch = tree ?? (typeof part === "number" ? [] : {});
  if (!isBranch(branch, part)) return branch;
  const item = withValue(branch[part], rest, value);
  return Array.isArray(branch) ? branch.toSpliced(Number(part), 1, item) : { ...branch, [part]: item };
}

/** The first place on the path where a list would get a hole before the index. */
function gapBefore(tree: unknown, path: KeyPath): KeyPath | undefined {
  let value = tree;
  for (const [position, part] of path.entries()) {
    const length = Array.isArray(value) ? value.length : 0;
    if (typeof part === "number" && part > length) return [...path.slice(0, position), length];
    value = isBranch(value, part) ? value[part] : undefined;
  }
  return undefined;
}

export function overlay(
  tree: unknown,
  settings: readonly Setting[],
): { readonly tree: unknown; readonly problems: ConfigProblem[] } {
  const problems: ConfigProblem[] = [];
  const result = settings.reduce<unknown>((below, { path, value, source }) => {
    const gap = gapBefore(below, path);
    if (gap === undefined) return withValue(below, path, value);
    const what = `leaves a hole in the list: ${formatKeyPath(gap)} is not given`;
    problems.push({ where: formatKeyPath(path), what, source });
    return below;
  }, tree);
  return { tree: result, problems };
}
