// Two real stores of a registry, filled as the registry fills them, for what looks after the storage as a whole.
import { stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { onTestFinished } from "vitest";
import type { BlobStore } from "../../../storage/blobs/blob-store.ts";
import { openBlobStore } from "../../../storage/blobs/open-blob-store.ts";
import { digestOf } from "../../../storage/digest.ts";
import type { MetadataStore } from "../../../storage/metadata/metadata-store.ts";
import { openMetadataStore } from "../../../storage/metadata/open-metadata-store.ts";
import type { BlobRecord } from "../../../storage/metadata/records.ts";
import { pushBlob } from "../../contracts/metadata-store-fixture.ts";
import { contentOf } from "../../contracts/blob-store-under-test.ts";
import { scratchDirectory } from "../../support/scratch-directory.ts";

export const hour = 3_600_000;
export const never = new AbortController().signal;

/** An object, with no row. */
export async function putObject(store: BlobStore, content: Buffer): Promise<BlobRecord> {
  const session = await store.startUpload({ algorithms: ["sha256"] });
  await session.append(Readable.from([content], { objectMode: false }), 0);
  const digest = digestOf(content);
  return { digest, ...(await session.commit(digest)) };
}

export interface StorageAtHand {
  readonly data: string;
  readonly directory: string;
  readonly blobStore: BlobStore;
  readonly metadata: MetadataStore;
  /** An object and its row, in `team/app`. */
  readonly push: (content: Buffer) => Promise<BlobRecord>;
  readonly pushed: (blob: BlobRecord) => Promise<Buffer | undefined>;
  readonly pathOf: (blob: Pick<BlobRecord, "locator">) => string;
  /** Makes a file look that much older. */
  readonly age: (file: string, milliseconds: number) => Promise<void>;
}

export async function storageAtHand(): Promise<StorageAtHand> {
  const data = await scratchDirectory();
  const directory = join(data, "blobs");
  const metadata = await openMetadataStore({ kind: "sqlite", path: join(data, "berth.sqlite") });
  onTestFinished(() => metadata.close());
  const blobStore = await openBlobStore({ kind: "filesystem", directory });
  const push = async (content: Buffer): Promise<BlobRecord> => {
    const blob = await putObject(blobStore, content);
    await pushBlob(metadata, "team/app", blob, Date.now());
    return blob;
  };
  const pushed = async ({ digest }: BlobRecord): Promise<Buffer | undefined> => {
    const row = await metadata.blobLinks.find("team/app", digest);
    return row && contentOf(blobStore, row.locator);
  };
  const pathOf = ({ locator }: Pick<BlobRecord, "locator">): string => join(directory, "blobs", locator);
  const age = async (file: string, milliseconds: number): Promise<void> => {
    const then = new Date((await stat(file)).mtimeMs - milliseconds);
    await utimes(file, then, then);
  };
  return { data, directory, blobStore, metadata, push, pushed, pathOf, age };
}

/** The same store, but for some of its methods. */
export function storeWith(store: BlobStore, others: Partial<BlobStore>): BlobStore {
  return new Proxy(store, {
    get: (target, name) => {
      const member: unknown = Reflect.get(name in others ? others : target, name);
      return typeof member === "function" ? (member.bind(target) as unknown) : member;
    },
  });
}
