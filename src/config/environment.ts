// Environment variables as a source of configuration. Names follow from the key's path and nothing else: BERTH_, then
// each segment in upper case with words parted by `_`, then list indexes: `a.bC[0].d` is BERTH_A_B_C_0_D.
import type { ConfigProblem } from "./config-error.ts";
import type { KeyPath } from "./key-path.ts";
import { nearestName } from "./nearest-name.ts";
import { parseText } from "./parse-text.ts";
import { childOf, everyPath, keysOf, kindsOf } from "./schema-node.ts";
import type { SchemaNode } from "./schema-node.ts";

/** A value for a key, with the name of the variable or flag that gave it. */
export type Setting = { readonly path: KeyPath; readonly value: unknown; readonly source: string };

export type Environment = Readonly<Record<string, string | undefined>>;

const prefix = "BERTH_";

// The file itself is named by one, the first administrator's password comes by one, and the tests read others.
const notKeys = /^BERTH_(CONFIG$|ADMIN_PASSWORD$|TEST_)/;

// Kubernetes puts these into every pod beside a service named berth or berth-….
const serviceLinkName =
  /^BERTH_([A-Z0-9_]+_)?(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT_\d+_(TCP|UDP|SCTP)(_.*)?)$/;
const serviceLinkValue = /^(tcp|udp|sctp):\/\//;

function segment(part: string | number): string {
  return String(part)
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replaceAll(/[^A-Za-z0-9]/g, "_")
    .toUpperCase();
}

export function environmentName(path: KeyPath): string {
  return prefix + path.map(segment).join("_");
}

/** Whether a name belongs to something other than the keys of the configuration. */
export function isForeign(name: string, value = ""): boolean {
  if (!name.startsWith(prefix) || notKeys.test(name) || serviceLinkName.test(name)) return true;
  return /_PORT$/.test(name) && serviceLinkValue.test(value);
}

/** Every path whose name, without the prefix, is `rest`; more than one means that the schema has ambiguous names. */
export function pathsNamed(node: SchemaNode, rest: string): KeyPath[] {
  const index = kindsOf(node).has("list") ? /^\d+(?=_|$)/.exec(rest)?.[0] : undefined;
  const parts = [...keysOf(node), ...(index === undefined ? [] : [Number(index)])];
  return parts.flatMap((part) => {
    const name = segment(part);
    if (rest === name) return [[part]];
    const child = rest.startsWith(`${name}_`) ? childOf(node, part) : undefined;
    if (child === undefined) return [];
    return pathsNamed(child, rest.slice(name.length + 1)).map((below) => [part, ...below]);
  });
}

function unknownVariable(root: SchemaNode, name: string): ConfigProblem {
  const index = /_(\d+)(?=_|$)/.exec(name)?.[1] ?? "0";
  const names = everyPath(root).map((path) =>
    path.map((part) => segment(part === 0 ? index : part)).join("_"),
  );
  const nearest = nearestName(name.slice(prefix.length), names);
  const advice =
    nearest === undefined ? "remove it" : `the nearest is ${prefix}${nearest}; correct or remove it`;
  return { where: name, what: `there is no such setting; ${advice}`, source: "environment" };
}

/** Reads the BERTH_ variables. An empty one counts as not given. Broader keys come first, so that narrower ones win. */
export function readEnvironment(
  root: SchemaNode,
  environment: Environment,
): { settings: Setting[]; problems: ConfigProblem[] } {
  const settings: Setting[] = [];
  const problems: ConfigProblem[] = [];
  for (const [name, text = ""] of Object.entries(environment)) {
    if (!name.startsWith(prefix) || text === "") continue;
    const [path] = pathsNamed(root, name.slice(prefix.length));
    if (path !== undefined) {
      const parsed = parseText(root, path, text);
      if ("problem" in parsed) problems.push({ ...parsed.problem, source: `environment variable ${name}` });
      else settings.push({ path, value: parsed.value, source: `environment variable ${name}` });
    } else if (!isForeign(name, text)) problems.push(unknownVariable(root, name));
  }
  settings.sort((a, b) => a.path.length - b.path.length || indexOrder(a.path, b.path));
  return { settings, problems };
}

/** Lists are filled from the front, whatever the order of the variables. */
function indexOrder(a: KeyPath, b: KeyPath): number {
  for (const [position, part] of a.entries()) {
    const other = b[position];
    if (typeof part === "number" && typeof other === "number" && part !== other) return part - other;
  }
  return 0;
}
