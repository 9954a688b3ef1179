// The keys of a bucket as its store wants them.
import type { S3Credentials, S3Encryption, S3Options } from "../../storage/blobs/s3/s3-options.ts";
import { readAuthorities } from "./authorities-file.ts";
import type { S3Settings } from "./s3-schema.ts";

/** @throws ConfigError when the file with the authorities is of no use */
export function s3Options(settings: S3Settings & { readonly spoolDirectory: string }): S3Options {
  const { bucket, region, endpoint, publicEndpoint, forcePathStyle, prefix, ca } = settings;
  const { partBytes, equalParts, maxPartsInFlight, spoolDirectory, storageClass } = settings;
  return {
    ...{ bucket, region, endpoint, publicEndpoint, forcePathStyle, prefix },
    ...{ partBytes, equalParts, maxPartsInFlight, spoolDirectory, storageClass },
    credentials: credentialsOf(settings),
    serverSideEncryption: encryptionOf(settings),
    ca: ca === undefined ? undefined : readAuthorities("storage.blobs.s3.ca", ca),
  };
}

function credentialsOf({ accessKeyId, secretAccessKey, credentialsFile }: S3Settings): S3Credentials {
  if (credentialsFile !== undefined) return { kind: "file", path: credentialsFile };
  if (accessKeyId === undefined || secretAccessKey === undefined) return { kind: "chain" };
  return { kind: "static", accessKeyId, secretAccessKey };
}

function encryptionOf({ serverSideEncryption, kmsKeyId }: S3Settings): S3Encryption | undefined {
  if (serverSideEncryption === "aws:kms") return { algorithm: serverSideEncryption, keyId: kmsKeyId };
  return serverSideEncryption && { algorithm: serverSideEncryption };
}
