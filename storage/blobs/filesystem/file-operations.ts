// The calls to the operating system that the filesystem store makes, as a value: tests put one in that fails, stops or
// counts at any step. Beside them the few idioms that node:fs has no word for.
import * as fs from "node:fs/promises";
import { StorageError } from "../../storage-error.ts";

export type FileOperations = Pick<
  typeof fs,
  "copyFile" | "mkdir" | "open" | "opendir" | "rename" | "stat" | "unlink"
>;

export const fileOperations: FileOperations = fs;

/** Makes the names in `directory` durable: files created in it, renamed into it or removed. */
export async function syncDirectory(operations: FileOperations, directory: string): Promise<void> {
  const handle = await operations.open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export async function removeFile(operations: FileOperations, path: string): Promise<void> {
  await absentAsUndefined(operations.unlink(path));
}

/** What `operation` resolves to, or undefined when the file or folder it names is not there. */
export async function absentAsUndefined<T>(operation: Promise<T>): Promise<T | undefined> {
  try {
    return await operation;
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR", "ELOOP")) return undefined;
    throw error;
  }
}

export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}

/** `error`, or StorageError `full` when it says that nothing more can be written here: whatever the reason, reading goes on. */
export function withFullNamed(error: unknown): unknown {
  if (hasCode(error, "EROFS"))
    return new StorageError("full", "the blob directory is mounted read-only", { cause: error });
  if (!hasCode(error, "ENOSPC", "EDQUOT")) return error;
  return new StorageError("full", "no room is left in the blob directory", { cause: error });
}
