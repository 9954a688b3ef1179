// Commit, seen from the disk: a file becomes an object, durably, at a cost that does not depend on its size.
//
//   shard folder durable → rename the file (uploads/<id>, mostly) to its locator → fsync the shard folder
//
// A crash leaves the upload as it was, or an object that no row knows.
import { constants } from "node:fs";
import path from "node:path";
import type { Digest } from "../../digest.ts";
import type { Locator } from "../stored-object.ts";
import type { UploadId } from "../upload-id.ts";
import { hasCode, removeFile, syncDirectory, type FileOperations } from "./file-operations.ts";
import { locatorOf, type Layout } from "./layout.ts";

export class Publisher {
  readonly #operations: FileOperations;
  readonly #layout: Layout;
  /** Folders whose own names this process has made durable: another one may have created them a moment ago. */
  readonly #durableFolders = new Set<string>();

  constructor(operations: FileOperations, layout: Layout) {
    this.#operations = operations;
    this.#layout = layout;
  }

  /** Moves `file`, whose content is durable and has `digest`; `id` makes its locator unique. */
  async publish(file: string, id: UploadId, digest: Digest): Promise<Locator> {
    const locator = locatorOf(digest, id);
    const target = path.join(this.#layout.blobs, locator);
    const shard = path.dirname(target);
    try {
      await this.#ensureShard(shard);
      await this.#move(file, id, target);
    } catch (error) {
      if (!hasCode(error, "ENOENT")) throw error;
      // Somebody tidied up empty folders below the running store.
      this.#durableFolders.clear();
      await this.#ensureShard(shard);
      await this.#move(file, id, target);
    }
    try {
      await syncDirectory(this.#operations, shard);
    } catch (error) {
      await removeFile(this.#operations, target);
      throw error;
    }
    return locator;
  }

  async #ensureShard(shard: string): Promise<void> {
    for (const folder of [path.dirname(shard), shard]) {
      if (this.#durableFolders.has(folder)) continue;
      await this.#operations.mkdir(folder, { recursive: true });
      await syncDirectory(this.#operations, path.dirname(folder));
      this.#durableFolders.add(folder);
    }
  }

  async #move(source: string, id: UploadId, target: string): Promise<void> {
    try {
      await this.#operations.rename(source, target);
    } catch (error) {
      if (!hasCode(error, "EXDEV")) throw error;
      await this.#copy(source, id, target);
      await removeFile(this.#operations, source);
    }
  }

  /** From a file system that is not the one of the objects: slow, but as atomic as the rename. */
  async #copy(source: string, id: UploadId, target: string): Promise<void> {
    const copy = this.#layout.copy(id);
    try {
      await this.#operations.copyFile(source, copy, constants.COPYFILE_EXCL);
      await syncDirectory(this.#operations, copy);
      await this.#operations.rename(copy, target);
    } catch (error) {
      await removeFile(this.#operations, copy);
      throw error;
    }
  }
}
