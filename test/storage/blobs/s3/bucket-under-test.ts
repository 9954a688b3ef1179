// Stores over one bucket of a test's own, and a look at what is in it and held open for it.
import { mkdtemp, readdir, readlink, rm } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  type S3Client,
} from "@aws-sdk/client-s3";
import type { Backend } from "../../../contracts/blob-store-under-test.ts";
import { openS3BlobStore } from "../../../../storage/blobs/s3/open-s3-blob-store.ts";
import type { S3BlobStore } from "../../../../storage/blobs/s3/s3-blob-store.ts";
import type { S3Options } from "../../../../storage/blobs/s3/s3-options.ts";
import type { NamedS3Endpoint, S3Endpoint } from "../../../support/s3/s3-endpoint.ts";
import { clientOf } from "../../../support/s3/strict-s3-client.ts";

const future = () => new Date(Date.now() + 3_600_000);

/** The options of a store at `endpoint` that does not wait for long. */
export function optionsFor(endpoint: S3Endpoint, spoolDirectory: string): S3Options {
  const { bucket, region, accessKeyId, secretAccessKey } = endpoint;
  return {
    bucket,
    region,
    endpoint: endpoint.endpoint,
    forcePathStyle: true,
    credentials: { kind: "static", accessKeyId, secretAccessKey },
    spoolDirectory,
    patience: { pauseMilliseconds: 5 },
  };
}

export class BucketUnderTest {
  readonly options: S3Options;
  readonly #named: NamedS3Endpoint;
  readonly #endpoint: S3Endpoint;
  readonly #client: S3Client;
  readonly #opened: S3BlobStore[] = [];

  private constructor(named: NamedS3Endpoint, endpoint: S3Endpoint, options: S3Options) {
    this.#named = named;
    this.#endpoint = endpoint;
    this.options = options;
    this.#client = clientOf(endpoint, { requestChecksumCalculation: "WHEN_REQUIRED" });
  }

  static async create(named: NamedS3Endpoint): Promise<BucketUnderTest> {
    const endpoint = await named.start();
    const directory = await mkdtemp(path.join(tmpdir(), "berth-spool-"));
    const prefix = `${randomBytes(6).toString("hex")}/`;
    const options = { ...optionsFor(endpoint, directory), prefix, equalParts: named.equalParts };
    return new BucketUnderTest(named, endpoint, options);
  }

  async open(options: Partial<S3Options> = {}): Promise<S3BlobStore> {
    const store = await openS3BlobStore({ ...this.options, ...options });
    this.#opened.push(store);
    return store;
  }

  /** A store that begins after another one died: what that one did not get to say is removed as it would be one day. */
  async reopen(): Promise<S3BlobStore> {
    return await this.open();
  }

  /** Keys below the prefix. */
  async keys(): Promise<string[]> {
    const { bucket: Bucket, prefix = "" } = this.options;
    const keys: string[] = [];
    let token: string | undefined;
    do {
      const page = await this.#client.send(
        new ListObjectsV2Command({ Bucket, Prefix: prefix, ...(token && { ContinuationToken: token }) }),
      );
      keys.push(...(page.Contents ?? []).map(({ Key = "" }) => Key.slice(prefix.length)));
      token = page.NextContinuationToken;
    } while (token);
    return keys;
  }

  /** Unfinished multipart uploads, pieces of uploads, objects without their index or the other way round, open files. */
  async leftovers(): Promise<string[]> {
    // Of two stores that wrote to one upload, as after a crash, only the sweeper knows all.
    if (this.#opened.length > 1) {
      for (const store of this.#opened)
        await store.removeStaleUploads(future(), new AbortController().signal);
    }
    // what is kept apart is so on purpose
    const keys = (await this.keys()).filter((key) => !key.startsWith("quarantine/"));
    const count = (key: string): number => keys.filter((other) => other.endsWith(key.slice(-32))).length;
    const stray = keys.filter((key) => !/^(?:blobs|index)\/[0-9a-f]{32}$/.test(key) || count(key) !== 2);
    return [...stray, ...(await this.#multiparts()), ...(await this.#openFiles())];
  }

  async remove(): Promise<void> {
    const { bucket: Bucket, prefix = "" } = this.options;
    if (this.#named.shared) {
      for (const key of await this.keys())
        await this.#client.send(new DeleteObjectCommand({ Bucket, Key: `${prefix}${key}` }));
      for (const upload of await this.#multiparts()) {
        const [Key = "", UploadId] = upload.split(" ");
        await this.#client.send(
          new AbortMultipartUploadCommand({ Bucket, Key: `${prefix}${Key}`, UploadId }),
        );
      }
    }
    for (const store of this.#opened) await store.close();
    this.#client.destroy();
    await this.#endpoint.close();
    await rm(this.options.spoolDirectory, { recursive: true, force: true });
  }

  async #multiparts(): Promise<string[]> {
    if (this.#named.lacks.includes("ListMultipartUploads")) return [];
    const { bucket: Bucket, prefix = "" } = this.options;
    const page = await this.#client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: prefix }));
    return (page.Uploads ?? []).map(
      ({ Key = "", UploadId = "" }) => `${Key.slice(prefix.length)} ${UploadId}`,
    );
  }

  async #openFiles(): Promise<string[]> {
    const descriptors = await readdir("/proc/self/fd").catch(() => []);
    const targets = await Promise.all(
      descriptors.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => "")),
    );
    return targets.filter((target) => target.startsWith(this.options.spoolDirectory));
  }
}

export function s3Backend(named: NamedS3Endpoint): Backend {
  return {
    persistent: true,
    async open() {
      const bucket = await BucketUnderTest.create(named);
      return {
        store: await bucket.open(),
        reopen: () => bucket.reopen(),
        leftovers: () => bucket.leftovers(),
        remove: () => bucket.remove(),
      };
    },
  };
}
