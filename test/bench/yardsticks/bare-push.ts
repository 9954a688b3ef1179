// The limit for small durable pushes: what has to be done for each, and nothing else. Write, fsync, rename, fsync of the
// folder, and a row committed with synchronous = FULL, where those that wait share a transaction.
//   node bare-push.js FOLDER LOOPS SECONDS   prints pushes a second
import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import { join } from "node:path";
import Database from "better-sqlite3";

const [folder = "", loops = "1", seconds = "1"] = process.argv.slice(2);
mkdirSync(folder);
const database = new Database(join(folder, "rows.sqlite"));
database.pragma("journal_mode = WAL");
database.pragma("synchronous = FULL");
database.exec("CREATE TABLE blobs (digest TEXT PRIMARY KEY, size INTEGER NOT NULL) STRICT, WITHOUT ROWID");
const insert = database.prepare<[string, number]>("INSERT INTO blobs VALUES (?, ?)");
const content = randomBytes(10 * 1024);
let waiting: { readonly digest: string; readonly committed: () => void }[] = [];

const insertAll = database.transaction((rows: typeof waiting) => {
  for (const { digest } of rows) insert.run(digest, content.length);
});

function commit(digest: string): Promise<void> {
  if (waiting.length === 0) setImmediate(commitWaiting);
  return new Promise((resolve) => waiting.push({ digest, committed: resolve }));
}

function commitWaiting(): void {
  const rows = waiting;
  waiting = [];
  insertAll(rows);
  for (const { committed } of rows) committed();
}

async function push(): Promise<void> {
  const name = randomBytes(32).toString("hex");
  const growing = join(folder, `${name}.part`);
  const file = await open(growing, "wx");
  await file.write(content);
  await file.sync();
  await file.close();
  await rename(growing, join(folder, name));
  const directory = await open(folder);
  await directory.sync();
  await directory.close();
  await commit(name);
}

const begun = performance.now();
let count = 0;
async function loop(): Promise<void> {
  for (; performance.now() < begun + Number(seconds) * 1000; count++) await push();
}
await Promise.all(Array.from({ length: Number(loops) }, loop));
console.log(count / ((performance.now() - begun) / 1000));
