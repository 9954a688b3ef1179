// What lies in the bucket: objects as lists of part files, and multipart uploads that are not complete. Bytes are in
// files that are never joined; everything else is in memory.
import { rm } from "node:fs/promises";
import type { Checksum, Payload } from "./payload.ts";

export interface Part extends Payload {
  readonly path: string;
  readonly modifiedAt: Date;
}

/** What a client asked of S3 for an object when it was put or its upload created: header names in lower case. */
export type Attributes = Readonly<Record<string, string>>;

export interface StoredS3Object {
  readonly key: string;
  readonly parts: readonly Part[];
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  readonly modifiedAt: Date;
  readonly attributes: Attributes;
  readonly checksum: Checksum | undefined;
}

export interface MultipartUpload {
  readonly key: string;
  readonly uploadId: string;
  readonly initiatedAt: Date;
  readonly attributes: Attributes;
  /** Of the parts' checksums, when the upload was created with one. */
  readonly checksumAlgorithm: string | undefined;
  /** By part number. */
  readonly parts: Map<number, Part>;
}

export class BucketContent {
  readonly #objects = new Map<string, StoredS3Object>();
  readonly #uploads = new Map<string, MultipartUpload>();
  readonly #readers = new Map<StoredS3Object, number>();
  readonly #replaced = new Set<StoredS3Object>();
  #sortedKeys: readonly string[] | undefined;

  find(key: string): StoredS3Object | undefined {
    return this.#objects.get(key);
  }

  /** In the order in which S3 lists them. */
  get keys(): readonly string[] {
    return (this.#sortedKeys ??= [...this.#objects.keys()].sort());
  }

  get objects(): readonly StoredS3Object[] {
    return this.keys.map((key) => this.#objects.get(key)!);
  }

  /** By key, then in the order of their beginning. */
  get uploads(): readonly MultipartUpload[] {
    const rank = ({ key, uploadId }: MultipartUpload) => `${key}\0${uploadId}`;
    return [...this.#uploads.values()].sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
  }

  async put(object: StoredS3Object): Promise<void> {
    const before = this.#objects.get(object.key);
    this.#objects.set(object.key, object);
    this.#sortedKeys = undefined;
    if (before) await this.#discard(before);
  }

  async delete(key: string): Promise<void> {
    const before = this.#objects.get(key);
    if (!this.#objects.delete(key) || !before) return;
    this.#sortedKeys = undefined;
    await this.#discard(before);
  }

  /** Keeps the object's bytes, even if it is deleted, until the returned function is called. */
  hold(object: StoredS3Object): () => void {
    this.#readers.set(object, (this.#readers.get(object) ?? 0) + 1);
    return () => {
      const left = (this.#readers.get(object) ?? 1) - 1;
      if (left > 0) return void this.#readers.set(object, left);
      this.#readers.delete(object);
      if (this.#replaced.delete(object)) void removeParts(object.parts);
    };
  }

  addUpload(upload: MultipartUpload): void {
    this.#uploads.set(upload.uploadId, upload);
  }

  findUpload(key: string, uploadId: string): MultipartUpload | undefined {
    const upload = this.#uploads.get(uploadId);
    return upload?.key === key ? upload : undefined;
  }

  /** Forgets the upload and the parts of it that are not in `kept`. */
  async endUpload({ uploadId, parts }: MultipartUpload, kept: readonly Part[] = []): Promise<void> {
    this.#uploads.delete(uploadId);
    const keep = new Set(kept);
    await removeParts([...parts.values()].filter((part) => !keep.has(part)));
  }

  async clear(): Promise<void> {
    for (const key of [...this.keys]) await this.delete(key);
    for (const upload of this.uploads) await this.endUpload(upload);
  }

  async #discard(object: StoredS3Object): Promise<void> {
    if (this.#readers.has(object)) this.#replaced.add(object);
    else await removeParts(object.parts);
  }
}

export async function removeParts(parts: readonly Part[]): Promise<void> {
  for (const { path } of parts) await rm(path, { force: true });
}
