// The beginning of a file as a file of its own: shared blocks where the file system can, a copy elsewhere. Apart because
// the original may be written to meanwhile.
import { constants } from "node:fs";
import type { FileOperations } from "./file-operations.ts";
import type { StorePresence } from "./store-presence.ts";

/** Durably makes `target` of the first `size` bytes of `source`; false when there are fewer, or no such file. */
export async function copyPrefix(
  operations: FileOperations,
  presence: StorePresence,
  source: string,
  target: string,
  size: number,
): Promise<boolean> {
  const mode = constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE;
  const copied = await presence.find(operations.copyFile(source, target, mode).then(() => true));
  if (!copied) return false;
  const file = await operations.open(target, "r+");
  try {
    if ((await file.stat()).size < size) return false;
    await file.truncate(size);
    await file.sync();
    return true;
  } finally {
    await file.close();
  }
}
