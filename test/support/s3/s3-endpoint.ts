// The S3 servers that suites run over: our strict one, the same with equal parts, s3rver, and, where the environment
// names one, somebody's real one.
import type { S3Operation } from "./s3-operation.ts";
import { s3rverLacks, startS3rver } from "./s3rver-server.ts";
import type { S3Account } from "./signature-v4.ts";
import { startStrictS3 } from "./strict-s3-server.ts";

export interface S3Endpoint extends S3Account {
  /** An origin; the bucket is addressed by path. */
  readonly endpoint: string;
  readonly bucket: string;
  close(): Promise<void>;
}

export interface NamedS3Endpoint {
  readonly name: string;
  /** Whether parts have to be equal, as on Cloudflare R2. */
  readonly equalParts: boolean;
  /** Not ours alone: work under a prefix of your own, and remove what you put. */
  readonly shared: boolean;
  /** What a suite can't ask of it. */
  readonly lacks: readonly S3Operation[];
  readonly start: () => Promise<S3Endpoint>;
}

/** BERTH_TEST_S3_EQUAL_PARTS=true says that the named endpoint wants equal parts. */
export function s3Endpoints(env: NodeJS.ProcessEnv = process.env): readonly NamedS3Endpoint[] {
  const usual = { equalParts: false, shared: false, lacks: [] };
  const ours: readonly NamedS3Endpoint[] = [
    { ...usual, name: "strict S3", start: () => startStrictS3() },
    {
      ...usual,
      name: "strict S3 with equal parts",
      equalParts: true,
      start: () => startStrictS3({ equalParts: true }),
    },
    { ...usual, name: "s3rver", lacks: s3rverLacks, start: () => startS3rver() },
  ];
  const named = endpointFrom(env);
  if (named === undefined) return ours;
  const equalParts = env["BERTH_TEST_S3_EQUAL_PARTS"] === "true";
  return [...ours, { ...usual, name: named.endpoint, equalParts, shared: true, start: async () => named }];
}

function endpointFrom(env: NodeJS.ProcessEnv): S3Endpoint | undefined {
  if (!env["BERTH_TEST_S3_ENDPOINT"]) return undefined;
  const valueOf = (name: string): string => {
    const value = env[`BERTH_TEST_S3_${name}`];
    if (!value) throw new Error(`BERTH_TEST_S3_ENDPOINT is set, and BERTH_TEST_S3_${name} is not`);
    return value;
  };
  return {
    endpoint: valueOf("ENDPOINT"),
    bucket: valueOf("BUCKET"),
    region: valueOf("REGION"),
    accessKeyId: valueOf("ACCESS_KEY_ID"),
    secretAccessKey: valueOf("SECRET_ACCESS_KEY"),
    close: async () => undefined,
  };
}
