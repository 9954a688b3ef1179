// Tries, at the start, every promise of the operating system that the store builds on (REQ-21): network shares and odd
// mounts break them silently, and a registry that refuses to start is better than one that loses bytes.
import path from "node:path";
import { makeFolders } from "../../make-folders.ts";
import { StorageError } from "../../storage-error.ts";
import { newUploadId } from "../upload-id.ts";
import {
  fileOperations,
  hasCode,
  removeFile,
  syncDirectory,
  type FileOperations,
} from "./file-operations.ts";
import { Layout } from "./layout.ts";

/**
 * Lays out the folders below `directory` and tries them. Files it makes are removed again.
 * @throws StorageError `unsuitable`, in a sentence that names the directory and what to do. A full disk is no reason:
 *   what is there can still be pulled and deleted.
 */
export async function probeDirectory(
  directory: string,
  operations: FileOperations = fileOperations,
): Promise<void> {
  const layout = new Layout(directory);
  const id = newUploadId();
  try {
    await layOut(operations, layout);
    try {
      await tryFiles(operations, layout.upload(id), layout.copy(id));
    } finally {
      await removeFile(operations, layout.upload(id));
      await removeFile(operations, layout.copy(id));
    }
  } catch (error) {
    if (hasCode(error, "ENOSPC", "EDQUOT")) return;
    const message = `The blob directory ${layout.directory} cannot be used: ${reasonOf(error)}`;
    throw new StorageError("unsuitable", message, { cause: error });
  }
}

async function layOut(operations: FileOperations, layout: Layout): Promise<void> {
  for (const folder of [layout.directory, layout.uploads, layout.blobs, layout.copying]) {
    await makeFolders(folder, (name) => operations.mkdir(name));
  }
}

async function tryFiles(operations: FileOperations, created: string, renamed: string): Promise<void> {
  const content = Buffer.from(created);
  const file = await operations.open(created, "wx");
  try {
    await file.write(content);
    await file.sync();
    await expectExclusive(operations, created);
    await expectContent(operations, created, content);
  } finally {
    await file.close();
  }
  await operations.rename(created, renamed);
  await syncDirectory(operations, path.dirname(renamed));
  await expectContent(operations, renamed, content);
}

async function expectExclusive(operations: FileOperations, name: string): Promise<void> {
  try {
    await (await operations.open(name, "wx")).close();
  } catch (error) {
    if (hasCode(error, "EEXIST")) return;
    throw error;
  }
  throw new Error("a file that existed could be created once more");
}

async function expectContent(operations: FileOperations, name: string, content: Buffer): Promise<void> {
  const file = await operations.open(name, "r");
  try {
    const found = Buffer.alloc(content.length + 1);
    const { bytesRead } = await file.read(found, 0, found.length, 0);
    if (!found.subarray(0, bytesRead).equals(content))
      throw new Error("a file read back differs from what was written");
  } finally {
    await file.close();
  }
}

function reasonOf(error: unknown): string {
  if (hasCode(error, "EACCES", "EPERM")) {
    return "Berth may not write there. Give the directory to the user that runs Berth, or choose another one.";
  }
  if (hasCode(error, "EROFS"))
    return "the file system is mounted read-only. Mount it writable, or choose another directory.";
  if (hasCode(error, "ENOTDIR", "EEXIST"))
    return "a part of this path is a file. Remove it, or choose another directory.";
  if (hasCode(error, "ENOENT")) {
    return "it is not there and cannot be created. Create it, or choose another directory.";
  }
  if (hasCode(error, "EXDEV")) {
    return "uploads and blobs below it are on different mounts. Mount one file system at the directory itself.";
  }
  const detail = error instanceof Error ? error.message : String(error);
  return `its file system does not keep what a store builds on (${detail}). Choose a directory on a local disk.`;
}
