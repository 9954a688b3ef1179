// Everything that can be said about a bucket, with the defaults of what is left out.
import type { PartPlanOptions } from "./uploads/part-plan.ts";

export type S3Credentials =
  /** The SDK's own search: environment, shared files, roles of the machine or the pod. */
  | { readonly kind: "chain" }
  | {
      readonly kind: "static";
      readonly accessKeyId: string;
      readonly secretAccessKey: string;
      readonly sessionToken?: string | undefined;
    }
  /** A JSON file with the keys of `static`, read again when it changes. */
  | { readonly kind: "file"; readonly path: string };

export type S3Encryption =
  { readonly algorithm: "AES256" } | { readonly algorithm: "aws:kms"; readonly keyId?: string | undefined };

export interface S3Options extends PartPlanOptions {
  readonly bucket: string;
  readonly region: string;
  /** Absent: AWS. */
  readonly endpoint?: string | undefined;
  /** Where clients reach the bucket, for redirects; absent: `endpoint`. */
  readonly publicEndpoint?: string | undefined;
  /** The bucket in the path of the URL instead of in its host name. */
  readonly forcePathStyle?: boolean | undefined;
  /** Put before every key; ends in `/`, or is empty. */
  readonly prefix?: string | undefined;
  readonly credentials: S3Credentials;
  /** Parts that the process sends at the same time, all uploads together. */
  readonly maxPartsInFlight?: number | undefined;
  readonly storageClass?: string | undefined;
  readonly serverSideEncryption?: S3Encryption | undefined;
  /** PEM text of the authorities that the endpoint's certificate may come from. */
  readonly ca?: string | undefined;
  /** Where parts wait until they are sent. Nothing of it outlives the process. */
  readonly spoolDirectory: string;
  readonly patience?: Partial<S3Patience> | undefined;
}

/** How long the store waits for the endpoint, in milliseconds, and how often it tries. */
export interface S3Patience {
  readonly connectMilliseconds: number;
  /** For an answer, and for the next byte of one; bodies get more by their size. */
  readonly answerMilliseconds: number;
  /** For the answer to Complete, which some endpoints give only after joining all parts. */
  readonly completeMilliseconds: number;
  /** What an endpoint must manage at least, when it is asked how long a body may take. */
  readonly slowestBytesPerSecond: number;
  /** Tries of one request before the caller hears `busy`. */
  readonly attempts: number;
  /** The longest first pause between tries; each next one may be twice as long, up to 5 s. */
  readonly pauseMilliseconds: number;
  /** So many failures in a row, of all requests together, open the circuit. */
  readonly circuitFailures: number;
  /** How long an open circuit refuses before one request may try again. */
  readonly circuitMilliseconds: number;
}

export const defaultPatience: S3Patience = {
  connectMilliseconds: 5000,
  answerMilliseconds: 30_000,
  completeMilliseconds: 600_000,
  slowestBytesPerSecond: 256_000,
  attempts: 5,
  pauseMilliseconds: 200,
  circuitFailures: 20,
  circuitMilliseconds: 2000,
};
