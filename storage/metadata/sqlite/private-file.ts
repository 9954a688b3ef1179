// Who may read the database's files: password hashes and the keys that sign tokens are in them, and SQLite would make
// them with the mode of the umask, for everybody on most machines.
import { chmod, open, stat } from "node:fs/promises";

const ownerAlone = 0o600;
const others = 0o007;

/**
 * Makes the database's file, if there is none, for its owner alone. One of ours that everybody may read, as versions
 * before made it, becomes the owner's; what an operator shares with a group stays shared. SQLite gives the files that it
 * makes beside it the same mode.
 */
export async function makePrivate(path: string): Promise<void> {
  await createEmpty(path);
  for (const suffix of ["", "-wal", "-shm"]) await closeToOthers(path + suffix);
}

async function createEmpty(path: string): Promise<void> {
  try {
    await (await open(path, "ax", ownerAlone)).close();
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
  }
}

async function closeToOthers(path: string): Promise<void> {
  try {
    const file = await stat(path);
    const isOurs = file.uid === process.getuid?.();
    if (file.isFile() && isOurs && (file.mode & others) !== 0) await chmod(path, ownerAlone);
  } catch (error) {
    // the files beside it come and go with the processes that have it open
    if (!hasCode(error, "ENOENT")) throw error;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
