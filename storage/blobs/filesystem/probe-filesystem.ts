// Tries in a directory, step by step, what the filesystem store does there. probe-directory.ts decides whether a store
// may start; this one tells an operator what works and what would help.
import { randomUUID } from "node:crypto";
import { stat, statfs } from "node:fs/promises";
import path from "node:path";
import type { Probe } from "../probe.ts";
import { runProbeSteps, type ProbeStep } from "../probe-steps.ts";
import {
  fileOperations,
  hasCode,
  removeFile,
  syncDirectory,
  type FileOperations,
} from "./file-operations.ts";

const sampleBytes = 1024 * 1024;
/** Less is little for a store of images. */
const roomyBytes = 1024 ** 3;

export async function* probeFilesystem(
  directory: string,
  operations: FileOperations = fileOperations,
): AsyncGenerator<Probe> {
  const [id, uploads, blobs] = [
    randomUUID(),
    await within(directory, "uploads"),
    await within(directory, "blobs"),
  ];
  const files = { written: path.join(uploads, `probe-${id}`), renamed: path.join(blobs, `probe-${id}`) };
  try {
    yield* runProbeSteps([
      directoryStep(directory),
      ...writeSteps(operations, files),
      ...readSteps(operations, files.renamed),
      spaceStep(directory),
    ]);
  } finally {
    for (const file of Object.values(files)) await removeFile(operations, file).catch(() => undefined);
  }
}

/** The folder of the store, where a store was made before. */
async function within(directory: string, name: string): Promise<string> {
  const stats = await stat(path.join(directory, name)).catch(() => undefined);
  return stats?.isDirectory() ? path.join(directory, name) : directory;
}

function directoryStep(directory: string): ProbeStep {
  return {
    name: "directory",
    run: async () => {
      if (!(await stat(directory)).isDirectory()) throw new Error(`${directory} is not a directory`);
      return directory;
    },
    advise: (error) =>
      hasCode(error, "ENOENT")
        ? "Mount the volume that belongs there; `berth serve` makes the directory where it is a new one."
        : "Give the directory to the user that runs Berth, or choose another one with storage.blobs.filesystem.directory.",
  };
}

function writeSteps(
  operations: FileOperations,
  { written, renamed }: { readonly written: string; readonly renamed: string },
): ProbeStep[] {
  const write = async (file: OpenFile): Promise<string> => {
    await file.write(content());
    return "1 MiB";
  };
  const sync = async (file: OpenFile): Promise<string> => {
    await file.sync();
    return "of a file";
  };
  const rename = async (): Promise<string> => {
    await operations.rename(written, renamed);
    await syncDirectory(operations, path.dirname(renamed));
    return "and fsync of the folder";
  };
  return [
    {
      name: "write",
      needs: ["directory"],
      run: () => withFile(operations, written, "wx", write),
      advise: writeAdvice,
    },
    {
      name: "fsync",
      needs: ["write"],
      run: () => withFile(operations, written, "r+", sync),
      advise: () => diskAdvice,
    },
    {
      name: "rename",
      needs: ["write"],
      run: rename,
      advise: (error) => (hasCode(error, "EXDEV") ? mountAdvice : diskAdvice),
    },
  ];
}

function readSteps(operations: FileOperations, file: string): ProbeStep[] {
  const read = (name: string, begin: number): ProbeStep => ({
    name,
    needs: ["rename"],
    run: () => readBack(operations, file, begin),
    advise: () => diskAdvice,
  });
  const remove = async (): Promise<string> => {
    await operations.unlink(file);
    await syncDirectory(operations, path.dirname(file));
    return "and fsync of the folder";
  };
  return [
    read("read", 0),
    read("range", sampleBytes / 2),
    { name: "delete", needs: ["rename"], run: remove, advise: writeAdvice },
  ];
}

function content(): Buffer {
  return Buffer.alloc(sampleBytes, "berth");
}

const mountAdvice =
  "Uploads and blobs are on different mounts: every push is copied once more. Mount one file system at the directory itself.";
const diskAdvice =
  "The file system does not keep what a store builds on: choose a directory on a local disk with storage.blobs.filesystem.directory.";

function writeAdvice(error: unknown): string {
  if (hasCode(error, "ENOSPC", "EDQUOT")) return "Make room: pulls and deletes go on, pushes can't.";
  if (hasCode(error, "EROFS")) return "Mount the file system writable.";
  return "Give the directory to the user that runs Berth.";
}

function spaceStep(directory: string): ProbeStep {
  return {
    name: "free space",
    needs: ["directory"],
    run: async () => {
      const { bavail, bsize } = await statfs(directory);
      const free = `${((bavail * bsize) / 1024 ** 3).toFixed(1)} GiB`;
      if (bavail * bsize < roomyBytes) throw new Error(`only ${free}`);
      return free;
    },
    advise: () => "Make room, or move to a larger place with `berth storage copy`.",
  };
}

type OpenFile = Awaited<ReturnType<FileOperations["open"]>>;

async function withFile<T>(
  operations: FileOperations,
  name: string,
  flags: "r" | "r+" | "wx",
  work: (file: OpenFile) => Promise<T>,
): Promise<T> {
  const file = await operations.open(name, flags);
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}

/** Reads from `begin` on by another handle than the one that wrote. */
async function readBack(operations: FileOperations, name: string, begin: number): Promise<string> {
  return withFile(operations, name, "r", async (file) => {
    const found = Buffer.alloc(sampleBytes - begin);
    const { bytesRead } = await file.read(found, 0, found.length, begin);
    if (bytesRead < found.length || !found.equals(content().subarray(begin))) {
      throw new Error("what was read differs from what was written");
    }
    return begin === 0 ? "what was written" : `from byte ${begin} on`;
  });
}
