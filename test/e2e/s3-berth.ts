// What the tests over S3 share: the settings that point a Berth process at a test server's bucket, and what is asked of
// that server about it.
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { S3Endpoint } from "../support/s3/s3-endpoint.ts";
import type { S3Record, StrictS3 } from "../support/s3/strict-s3-server.ts";
import { berthProgram } from "./berth-process.ts";

export const mebibyte = 1024 * 1024;

/** The bucket of `server` as `storage.blobs.s3`, with the smallest parts that S3 allows. */
export function settingsOf({ bucket, endpoint, region, accessKeyId, secretAccessKey }: S3Endpoint) {
  const partBytes = 5 * mebibyte;
  return { bucket, endpoint, region, accessKeyId, secretAccessKey, forcePathStyle: true, partBytes };
}

/** The same as Berth's environment; `more` goes over it. */
export function environmentOf(server: S3Endpoint, more: object = {}): Record<string, string> {
  return { BERTH_STORAGE_BLOBS_S3: JSON.stringify({ ...settingsOf(server), ...more }) };
}

/** What the server was asked, without what a start or a job asks by itself. */
export function blobCalls(server: StrictS3): readonly Readonly<S3Record>[] {
  return server.requests.filter(({ key, operation }) => !key.startsWith("probe/") && !isSweep(operation));
}

function isSweep(operation: S3Record["operation"]): boolean {
  return operation === "ListMultipartUploads" || operation === "ListObjectsV2";
}

/** Bytes of parts that have reached the bucket. */
export function uploadedBytes(server: StrictS3): number {
  return server.requests.reduce(
    (sum, { operation, bytesIn }) => sum + (operation === "UploadPart" ? bytesIn : 0),
    0,
  );
}

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `berth …` to its end. */
export function berthCommand(
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<Ended> {
  const env = { ...process.env, ...environment };
  return new Promise((resolve) => {
    execFile(process.execPath, [berthProgram, ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

/** A configuration file in `folder` that keeps blobs where `blobs` says. */
export async function writeConfig(folder: string, name: string, blobs: object): Promise<string> {
  const file = join(folder, `${name}.yaml`);
  await writeFile(file, JSON.stringify({ storage: { blobs } }));
  return file;
}
