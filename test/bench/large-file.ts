// The large blob that is pulled: a file, made once for all scenarios, so that nginx and curl can have it too.
import { open } from "node:fs/promises";
import { join } from "node:path";
import { RepeatedContents } from "./repeated-content.ts";

export interface LargeFile {
  readonly folder: string;
  readonly name: string;
  readonly path: string;
  readonly digest: string;
  readonly mebibytes: number;
}

export async function makeLargeFile(folder: string, mebibytes: number): Promise<LargeFile> {
  const { digest, blocks } = new RepeatedContents(mebibytes).next();
  const name = `large-${mebibytes}`;
  const path = join(folder, name);
  const file = await open(path, "w");
  try {
    for (const block of blocks()) await file.write(block);
    // what is still to be written would be written while somebody is measured
    await file.sync();
  } finally {
    await file.close();
  }
  return { folder, name, path, digest, mebibytes };
}
