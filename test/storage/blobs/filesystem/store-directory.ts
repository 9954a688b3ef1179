// A temporary directory with filesystem stores over it, and a look at what lies and is held open below it.
import { mkdtemp, readdir, readlink, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Backend } from "../../../contracts/blob-store-under-test.ts";
import { fileOperations, type FileOperations } from "../../../../storage/blobs/filesystem/file-operations.ts";
import { FilesystemBlobStore } from "../../../../storage/blobs/filesystem/filesystem-blob-store.ts";
import { parseLocator } from "../../../../storage/blobs/filesystem/layout.ts";
import { probeDirectory } from "../../../../storage/blobs/filesystem/probe-directory.ts";

export class StoreDirectory {
  readonly path: string;

  constructor(directory: string) {
    this.path = directory;
  }

  static async create(): Promise<StoreDirectory> {
    const directory = await mkdtemp(path.join(tmpdir(), "berth-blobs-"));
    await probeDirectory(directory);
    return new StoreDirectory(directory);
  }

  open(operations: FileOperations = fileOperations): FilesystemBlobStore {
    return new FilesystemBlobStore(this.path, operations);
  }

  /** Paths of all files, below the directory. */
  async files(): Promise<string[]> {
    const entries = await readdir(this.path, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    return files.map((entry) => path.relative(this.path, path.join(entry.parentPath, entry.name)));
  }

  /** Files that are not committed objects, and files below the directory that this process holds open. */
  async leftovers(): Promise<string[]> {
    const files = (await this.files()).filter((file) => !parseLocator(file.replace(/^blobs\//, "")));
    // what is kept apart is so on purpose
    const stray = files.filter((file) => !file.startsWith("blobs/quarantine/"));
    return [...stray, ...(await this.#openFiles())];
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }

  async #openFiles(): Promise<string[]> {
    const descriptors = await readdir("/proc/self/fd").catch(() => []);
    const targets = await Promise.all(
      descriptors.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => "")),
    );
    return targets.filter((target) => target.startsWith(this.path)).map((target) => `open: ${target}`);
  }
}

export const filesystem: Backend = {
  persistent: true,
  async open() {
    const directory = await StoreDirectory.create();
    return {
      store: directory.open(),
      reopen: async () => directory.open(),
      leftovers: () => directory.leftovers(),
      remove: () => directory.remove(),
    };
  },
};
