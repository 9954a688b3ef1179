// The other limit for pushes: how fast the disk takes a file, as durably as Berth writes one.
//   node sequential-write.js FILE MEBIBYTES   prints MiB a second, and removes the file
import { randomBytes } from "node:crypto";
import { open, rm } from "node:fs/promises";

const [path = "", size = ""] = process.argv.slice(2);
const mebibytes = Number(size);
const block = randomBytes(1024 * 1024);
const begun = performance.now();
const file = await open(path, "wx");
for (let n = 1; n <= mebibytes; n++) {
  await file.write(block);
  if (n % 32 === 0) await file.datasync();
}
await file.datasync();
await file.close();
const seconds = (performance.now() - begun) / 1000;
await rm(path);
console.log(mebibytes / seconds);
