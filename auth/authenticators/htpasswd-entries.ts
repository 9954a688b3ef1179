// The text of an htpasswd file → its entries, or what is wrong with it. Complaints name the line, never what stands in it.
import { checkName } from "../accounts/input-rules.ts";
import { AccessError } from "../access-error.ts";

/** Names of users → bcrypt hashes. */
export type HtpasswdEntries = ReadonlyMap<string, string>;

const bcrypt = /^\$2[aby]\$(?:0[4-9]|[12][0-9]|3[01])\$[./0-9A-Za-z]{53}$/;

/** @throws Error in a sentence for an operator, such as `line 3: …` */
export function parseHtpasswd(text: string): HtpasswdEntries {
  const entries = new Map<string, string>();
  // editors on Windows begin a file with a byte order mark
  for (const [index, line] of text
    .replace(/^\ufeff/, "")
    .split(/\r?\n/)
    .entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const [name, hash] = parseLine(line, index + 1);
    if (entries.has(name)) throw new Error(`line ${index + 1}: this user stands in the file twice`);
    entries.set(name, hash);
  }
  return entries;
}

function parseLine(line: string, number: number): [name: string, hash: string] {
  const colon = line.indexOf(":");
  if (colon < 0) throw new Error(`line ${number}: expected user:hash, as \`htpasswd -B\` writes it`);
  const [name, hash] = [line.slice(0, colon), line.slice(colon + 1).trimEnd()];
  if (!bcrypt.test(hash)) throw new Error(`line ${number}: only bcrypt is accepted: use \`htpasswd -B\``);
  try {
    checkName(name);
  } catch (error) {
    if (error instanceof AccessError) throw new Error(`line ${number}: ${error.message}`, { cause: error });
    throw error;
  }
  return [name, hash];
}

/** The cost of an entry: the work doubles with each step. */
export function costOf(hash: string): number {
  return Number(hash.slice(4, 6));
}
