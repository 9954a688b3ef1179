// A data directory with a database and a blob store, and any number of processes' downloads over it.
import { randomUUID } from "node:crypto";
import { readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { buffer } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import type { DownloadParts, OpenRequest } from "../../../../src/pull-through/fills/download-parts.ts";
import { SharedDownloads } from "../../../../src/pull-through/fills/shared-downloads.ts";
import { createLocalRegistry } from "../../../../src/registry/local-registry.ts";
import type { Blobs, OpenBlob } from "../../../../src/registry/registry.ts";
import type { RepositoryName } from "../../../../src/oci/repository-name.ts";
import type { Upstream } from "../../../../src/remote/upstream.ts";
import type { BlobStore } from "../../../../storage/blobs/blob-store.ts";
import { openBlobStore } from "../../../../storage/blobs/open-blob-store.ts";
import type { BlobBody } from "../../../../storage/blobs/stored-object.ts";
import { digestOf, type Digest } from "../../../../storage/digest.ts";
import { openMetadataStore } from "../../../../storage/metadata/open-metadata-store.ts";
import type { MetadataStore } from "../../../../storage/metadata/metadata-store.ts";
import { scratchDirectory } from "../../../support/scratch-directory.ts";

export const repository = "docker.io/library/alpine" as RepositoryName;

/** As usual, but nobody waits for long. */
const timing = { lease: 10_000, renewal: 200, poll: 5, pauses: [1, 1, 1], storageRest: 60_000 };

export interface MirrorProcess {
  readonly downloads: SharedDownloads;
  readonly metadata: MetadataStore;
  readonly local: Blobs;
  /** What was told through `onProblem`. */
  readonly problems: string[];
  open(digest: Digest, upstream: Upstream, more?: Partial<OpenRequest>): Promise<OpenBlob>;
}

export interface MirrorPlace {
  readonly directory: string;
  readonly spoolDirectory: string;
  readonly blobStore: BlobStore;
  /** Downloads as a process of its own would make them. Closed with the test. */
  start(parts?: Partial<DownloadParts>): Promise<MirrorProcess>;
  /** Spool files by name, and how often a file of the spool is open here, a removed one too. */
  leftovers(): Promise<string[]>;
}

/** To be called within a test. In a directory unless a store is given. */
export async function mirrorPlace(store?: BlobStore): Promise<MirrorPlace> {
  const directory = await scratchDirectory();
  const spoolDirectory = join(directory, "data", "fills");
  const database = join(directory, "berth.db");
  const blobStore =
    store ?? (await openBlobStore({ kind: "filesystem", directory: join(directory, "blobs") }));
  const start = async (parts: Partial<DownloadParts> = {}): Promise<MirrorProcess> => {
    const metadata = await openMetadataStore({ kind: "sqlite", path: database });
    const problems: string[] = [];
    const { blobs: local } = createLocalRegistry({
      ...{ blobStore: parts.blobStore ?? blobStore, metadata, now: Date.now, newId: randomUUID },
      ...{ uploads: { expirySeconds: 3600, leaseSeconds: 10 }, gc: { graceSeconds: 86_400 } },
    });
    const downloads = new SharedDownloads({
      ...{ blobStore, mirror: metadata.mirror, local, spoolDirectory, timing },
      ...{ finishAbandoned: true, now: Date.now, newId: randomUUID },
      admit: async () => "keep",
      onProblem: (error, what) => void problems.push(`${what}: ${String(error)}`),
      ...parts,
    });
    onTestFinished(async () => {
      await downloads.close();
      await metadata.close();
    });
    const open = (digest: Digest, upstream: Upstream, more: Partial<OpenRequest> = {}): Promise<OpenBlob> =>
      downloads.open({ repository, digest, name: "library/alpine", upstream, ...more });
    return { downloads, metadata, local, problems, open };
  };
  const leftovers = async (): Promise<string[]> => [
    ...(await readdir(spoolDirectory).catch(() => [])),
    ...(await openFiles(spoolDirectory)),
  ];
  return { directory, spoolDirectory, blobStore, start, leftovers };
}

/** Where the system shows them; elsewhere none. */
async function openFiles(directory: string): Promise<string[]> {
  const descriptors = await readdir("/proc/self/fd").catch(() => []);
  const links = await Promise.all(descriptors.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => "")));
  return links.filter((target) => target.startsWith(directory));
}

/** What the local registry serves of it when no download runs any more; undefined when it is not kept. */
export async function keptBytes(
  { downloads, local }: MirrorProcess,
  digest: Digest,
): Promise<Buffer | undefined> {
  await downloads.idle();
  const blob = await local.open(repository, digest);
  if (!blob) return undefined;
  const chunks: Buffer[] = [];
  for await (const chunk of blob.body.stream()) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** All that `writeTo` hands over. */
export async function bytesOf(body: BlobBody): Promise<Buffer> {
  const destination = new PassThrough();
  const written = buffer(destination);
  // Of a body that breaks off nothing is whole, and nobody waits for it.
  written.catch(() => undefined);
  try {
    await body.writeTo(destination, new AbortController().signal);
  } catch (error) {
    destination.destroy();
    throw error;
  }
  destination.end();
  return await written;
}

export { digestOf };
