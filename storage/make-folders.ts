// Makes a folder with its parents, one level at a time. Node's own recursive mkdir never ends where a folder can be
// neither made nor found, as below /proc.
import { mkdir as systemMkdir, stat } from "node:fs/promises";
import path from "node:path";

/** @returns the folders that were not there before, outermost first; each name is in the folder above it */
export async function makeFolders(
  folder: string,
  mkdir: (folder: string) => Promise<unknown> = systemMkdir,
): Promise<string[]> {
  const absolute = path.resolve(folder);
  const failure = await failureOf(mkdir(absolute));
  if (failure === undefined) return [absolute];
  if (await isThere(absolute, failure)) return [];
  const parent = path.dirname(absolute);
  if (codeOf(failure) !== "ENOENT" || parent === absolute) throw failure;
  const made = await makeFolders(parent, mkdir);
  const second = await failureOf(mkdir(absolute));
  if (second === undefined) return [...made, absolute];
  // Another process may have made it a moment ago.
  if (await isThere(absolute, second)) return made;
  throw second;
}

async function failureOf(operation: Promise<unknown>): Promise<Error | undefined> {
  try {
    await operation;
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

async function isThere(folder: string, failure: Error): Promise<boolean> {
  return codeOf(failure) === "EEXIST" && (await stat(folder)).isDirectory();
}

function codeOf(error: Error): unknown {
  return "code" in error ? error.code : undefined;
}
