// URLs by which clients fetch an object from the bucket themselves, signed for the address at which they reach it.
import { GetObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import type { S3Options } from "../s3-options.ts";

export class Presigner {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;

  /** @param client for the public endpoint; it connects to nobody */
  constructor(client: S3Client, { bucket, prefix = "" }: S3Options) {
    this.#client = client;
    this.#bucket = bucket;
    this.#prefix = prefix;
  }

  async urlOf(key: string, expirySeconds: number): Promise<string> {
    const command = new GetObjectCommand({ Bucket: this.#bucket, Key: `${this.#prefix}${key}` });
    return await getSignedUrl(this.#client, command, { expiresIn: expirySeconds });
  }

  async close(): Promise<void> {
    this.#client.destroy();
  }
}
