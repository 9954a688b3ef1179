// A strict S3 of one test's own, with the client library that the store uses, and the moves that tests make with both.
import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import {
  CreateMultipartUploadCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
  type S3ClientConfig,
} from "@aws-sdk/client-s3";
import { onTestFinished } from "vitest";
import { sampleBytes } from "../../contracts/blob-store-under-test.ts";
import type { S3Account } from "./signature-v4.ts";
import { startStrictS3, type StrictS3, type StrictS3Options } from "./strict-s3-server.ts";

export interface Client {
  readonly client: S3Client;
  readonly Bucket: string;
}

export interface Started extends Client {
  readonly server: StrictS3;
}

export async function started(options: StrictS3Options = {}, config: S3ClientConfig = {}): Promise<Started> {
  const server = await startStrictS3(options);
  const client = clientOf(server, config);
  onTestFinished(async () => {
    client.destroy();
    await server.close();
  });
  return { server, client, Bucket: server.bucket };
}

export function clientOf(
  server: S3Account & { readonly endpoint: string },
  config: S3ClientConfig = {},
): S3Client {
  const { endpoint, region, accessKeyId, secretAccessKey } = server;
  const credentials = { accessKeyId, secretAccessKey };
  return new S3Client({ endpoint, region, credentials, forcePathStyle: true, maxAttempts: 1, ...config });
}

export async function createUpload({ client, Bucket }: Client, Key: string): Promise<string> {
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  return UploadId!;
}

export async function uploadParts(at: Client, Key: string, sizes: readonly number[]) {
  const { client, Bucket } = at;
  const UploadId = await createUpload(at, Key);
  const Parts = [];
  for (const [index, size] of sizes.entries()) {
    const PartNumber = index + 1;
    const Body = sampleBytes(size, PartNumber);
    const { ETag } = await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }));
    Parts.push({ PartNumber, ETag: ETag! });
  }
  return { Bucket, Key, UploadId, MultipartUpload: { Parts } };
}

export async function get({ client, Bucket }: Client, Key: string, Range?: string): Promise<Buffer> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key, ...(Range && { Range }) }));
  return buffer(Body as Readable);
}

export async function put(
  { client, Bucket }: Client,
  Key: string,
  Body: Buffer | string = "content",
): Promise<void> {
  await client.send(new PutObjectCommand({ Bucket, Key, Body }));
}

export const refusal = (code: string, status: number) => ({
  name: code,
  $metadata: { httpStatusCode: status },
});
