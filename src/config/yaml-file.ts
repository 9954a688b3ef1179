// Reads the YAML file and remembers on which line and column each key stands, so that a fault can be pointed at.
import { readFileSync } from "node:fs";
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import type { Document, Node } from "yaml";
import { ConfigError } from "./config-error.ts";
import type { KeyPath } from "./key-path.ts";

export type YamlFile = {
  readonly value: unknown;
  /** `FILE:LINE:COLUMN` of the key, or of its nearest ancestor in the file; undefined if not even its first key is. */
  readonly locate: (path: KeyPath) => string | undefined;
};

function readText(file: string, givenBy: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    const reasons: Record<string, string> = {
      ENOENT: "there is no such file",
      EACCES: "this user may not read it",
      EISDIR: "it is a directory",
    };
    const reason = reasons[String(code)] ?? (error instanceof Error ? error.message : String(error));
    throw new ConfigError([], `Cannot read the configuration file ${file}, given by ${givenBy}: ${reason}.`);
  }
}

function child(
  document: Document,
  node: Node,
  part: string | number,
): { key: Node; value: unknown } | undefined {
  const target = isAlias(node) ? node.resolve(document) : node;
  if (isSeq<Node>(target) && typeof part === "number") {
    const item = target.items[part];
    return item && { key: item, value: item };
  }
  if (!isMap<Node>(target)) return undefined;
  const pair = target.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
  return pair && { key: pair.key, value: pair.value };
}

function offsetOf(document: Document, path: KeyPath): number | undefined {
  let node: unknown = document.contents;
  let offset: number | undefined;
  for (const part of path) {
    const found = child(document, node as Node, part);
    if (found === undefined) break;
    offset = found.key.range?.[0] ?? offset;
    node = found.value;
    if (node === null) break;
  }
  return offset;
}

/** @param givenBy names what pointed to the file, for the message when it cannot be read. */
export function readYamlFile(file: string, givenBy: string): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(readText(file, givenBy), { lineCounter: lines, prettyErrors: false });
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  if (document.errors.length > 0) {
    const problems = document.errors.map(({ message, pos }) => ({
      where: "",
      what: message,
      source: place(pos[0]),
    }));
    throw new ConfigError(problems);
  }
  return {
    value: plainValue(document, file),
    locate: (path) => {
      const offset = offsetOf(document, path);
      return offset === undefined ? undefined : place(offset);
    },
  };
}

function plainValue(document: Document, file: string): unknown {
  let value: unknown;
  try {
    value = document.toJS();
  } catch (error) {
    // An alias to nothing, or aliases that multiply beyond measure.
    const what = error instanceof Error ? error.message : String(error);
    throw new ConfigError([{ where: "", what, source: file }]);
  }
  if (!hasEnd(value)) {
    throw new ConfigError([{ where: "", what: "an alias stands inside of what it names", source: file }]);
  }
  if (value === null || value === undefined) return {};
  if (typeof value === "object" && !Array.isArray(value)) return value;
  throw new ConfigError([{ where: "", what: "must consist of keys, such as `data: ./data`", source: file }]);
}

function hasEnd(value: unknown): boolean {
  try {
    JSON.stringify(value);
    return true;
  } catch {
    return false;
  }
}
