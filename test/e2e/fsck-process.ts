// `berth fsck` as a process of its own beside a server, and what can be done to the files and rows below that server.
// Apart, because each file of e2e about damage begins so.
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SqliteConnection } from "../../storage/metadata/sqlite/sqlite-connection.ts";
import { type BerthProcess, berthProgram } from "./berth-process.ts";

export interface FsckFinding {
  readonly kind: string;
  readonly digest: string;
  readonly repositories: readonly string[];
  readonly quarantined?: string;
}

export interface FsckEnd {
  readonly code: number;
  /** Of `--json`: figures by name. */
  readonly report: Readonly<Record<string, unknown>> & { readonly findings: readonly FsckFinding[] };
  readonly errors: string;
}

/** Runs it to its end, whatever that is. */
export function fsck(
  berth: Pick<BerthProcess, "data">,
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<FsckEnd> {
  const all = [...fsckArguments(berth), "--json", ...args];
  const options = { env: { ...process.env, ...environment }, timeout: 120_000, maxBuffer: 64 * 1024 * 1024 };
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, all, options, (error, stdout, errors) => {
      if (child.exitCode === null || stdout === "")
        return reject(new Error(`berth fsck ended by itself: ${errors}`, { cause: error }));
      resolve({ code: child.exitCode, report: JSON.parse(stdout) as FsckEnd["report"], errors });
    });
  });
}

export function fsckArguments({ data }: Pick<BerthProcess, "data">): string[] {
  return [berthProgram, "fsck", "--data", data];
}

/** Rows of blobs, by digest. */
export function blobRows({ data }: Pick<BerthProcess, "data">): Map<string, { state: string; file: string }> {
  const database = new SqliteConnection(join(data, "berth.sqlite"));
  try {
    const sql = "SELECT digest, state, locator FROM blobs";
    const rows = database.run({ sql, parameters: [] }).map(({ digest, state, locator }) => {
      const file = join(data, "blobs/blobs", String(locator));
      return [String(digest), { state: String(state), file }] as const;
    });
    return new Map(rows);
  } finally {
    database.close();
  }
}

/** Where the bytes of a blob are. */
export function fileOf(berth: Pick<BerthProcess, "data">, digest: string): string {
  const row = blobRows(berth).get(digest);
  if (row === undefined) throw new Error(`there is no blob ${digest}`);
  return row.file;
}

/** Flips one bit in the middle of a file. */
export async function flip(file: string): Promise<void> {
  const bytes = await readFile(file);
  const middle = Math.floor(bytes.length / 2);
  bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
  await writeFile(file, bytes);
}
