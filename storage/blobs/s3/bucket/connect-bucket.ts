// From options to what speaks to one bucket. Apart because a store is opened by it and a place is tried by it, alike. It
// asks nobody yet.
import { setTimeout as sleep } from "node:timers/promises";
import type { S3Options, S3Patience } from "../s3-options.ts";
import { Attempts } from "./attempts.ts";
import { Circuit } from "./circuit.ts";
import { Presigner } from "./presigner.ts";
import { S3Bucket } from "./s3-bucket.ts";
import { createS3Client } from "./s3-client.ts";

export interface ConnectedBucket {
  readonly bucket: S3Bucket;
  readonly presigner: Presigner;
}

/** Both are to be closed. */
export function connectBucket(options: S3Options, patience: S3Patience): ConnectedBucket {
  const { endpoint, publicEndpoint = endpoint } = options;
  const circuit = new Circuit(patience, Date.now);
  const attempts = new Attempts({ circuit, patience, random: Math.random, sleep });
  const client = createS3Client(options, patience, endpoint);
  return {
    bucket: new S3Bucket(client, attempts, patience, options),
    presigner: new Presigner(createS3Client(options, patience, publicEndpoint), options),
  };
}
