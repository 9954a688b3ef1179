// A store over a strict S3 with a proxy in between, for tests that break things and count calls.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";
import { openS3BlobStore } from "../../../../storage/blobs/s3/open-s3-blob-store.ts";
import type { S3BlobStore } from "../../../../storage/blobs/s3/s3-blob-store.ts";
import type { S3Options } from "../../../../storage/blobs/s3/s3-options.ts";
import { startFaultyS3Proxy, type FaultyS3Proxy } from "../../../support/s3/faulty-s3-proxy.ts";
import { startStrictS3, type StrictS3, type StrictS3Options } from "../../../support/s3/strict-s3-server.ts";
import { optionsFor } from "./bucket-under-test.ts";

export interface StrictStore {
  readonly server: StrictS3;
  readonly proxy: FaultyS3Proxy;
  readonly store: S3BlobStore;
  /** Of what `open` opens; the endpoint is the proxy. */
  readonly options: S3Options;
  /** Another store over the same bucket, as another process would have it. */
  readonly open: (options?: Partial<S3Options>) => Promise<S3BlobStore>;
  /** Multipart uploads, and keys that are neither an object nor its index. */
  readonly leftovers: () => string[];
}

/** The calls of the start-up check are forgotten. */
export async function strictStore(
  options: Partial<S3Options> = {},
  serverOptions: StrictS3Options = {},
): Promise<StrictStore> {
  const server = await startStrictS3(serverOptions);
  const proxy = await startFaultyS3Proxy(server.endpoint);
  const directory = await mkdtemp(path.join(tmpdir(), "berth-spool-"));
  const opened: S3BlobStore[] = [];
  onTestFinished(async () => {
    for (const store of opened) await store.close();
    await proxy.close();
    await server.close();
    await rm(directory, { recursive: true, force: true });
  });
  const all = { ...optionsFor(server, directory), endpoint: proxy.endpoint, ...options };
  const open = async (more: Partial<S3Options> = {}): Promise<S3BlobStore> => {
    const store = await openS3BlobStore({ ...all, ...more });
    opened.push(store);
    return store;
  };
  const store = await open();
  server.forgetRequests();
  const leftovers = (): string[] => [
    ...server.multipartUploads().map(({ key }) => `multipart ${key}`),
    ...server.objects().flatMap(({ key }) => (/^(?:blobs|index)\//.test(key) ? [] : [key])),
  ];
  return { server, proxy, store, options: all, open, leftovers };
}
