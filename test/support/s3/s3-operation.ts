// Which operation of S3 a request asks for, of which bucket and key: read from the method, the address and the query
// alone. The strict server answers by it, and the faulty proxy picks its victims by it.
import type { IncomingMessage } from "node:http";
import { S3Error } from "./s3-error.ts";

interface Route {
  readonly operation: S3Operation;
  readonly method: string;
  readonly of: "bucket" | "object";
  /** The parameters that make the operation. */
  readonly by: readonly string[];
  readonly takes?: readonly string[];
}

const listing = ["prefix", "delimiter", "max-keys"];
const responseHeaders = ["type", "disposition", "encoding", "language"].map(
  (name) => `response-content-${name}`,
);
const readable = [...responseHeaders, "response-cache-control", "response-expires"];

const routes = [
  { operation: "CompleteMultipartUpload", method: "POST", of: "object", by: ["uploadId"] },
  { operation: "CreateMultipartUpload", method: "POST", of: "object", by: ["uploads"] },
  { operation: "UploadPart", method: "PUT", of: "object", by: ["uploadId", "partNumber"] },
  {
    operation: "ListParts",
    method: "GET",
    of: "object",
    by: ["uploadId"],
    takes: ["max-parts", "part-number-marker"],
  },
  { operation: "AbortMultipartUpload", method: "DELETE", of: "object", by: ["uploadId"] },
  { operation: "PutObject", method: "PUT", of: "object", by: [] },
  { operation: "GetObject", method: "GET", of: "object", by: [], takes: readable },
  { operation: "HeadObject", method: "HEAD", of: "object", by: [], takes: readable },
  { operation: "DeleteObject", method: "DELETE", of: "object", by: [] },
  { operation: "DeleteObjects", method: "POST", of: "bucket", by: ["delete"] },
  {
    operation: "ListMultipartUploads",
    method: "GET",
    of: "bucket",
    by: ["uploads"],
    takes: ["prefix", "key-marker", "upload-id-marker", "max-uploads"],
  },
  {
    operation: "ListObjectsV2",
    method: "GET",
    of: "bucket",
    by: ["list-type"],
    takes: [...listing, "continuation-token", "start-after"],
  },
  { operation: "GetBucketLocation", method: "GET", of: "bucket", by: ["location"] },
  { operation: "ListObjects", method: "GET", of: "bucket", by: [], takes: [...listing, "marker"] },
  { operation: "HeadBucket", method: "HEAD", of: "bucket", by: [] },
] as const satisfies readonly {
  operation: string;
  method: string;
  of: "bucket" | "object";
  by: readonly string[];
  takes?: readonly string[];
}[];

export type S3Operation = (typeof routes)[number]["operation"];

export interface S3Address {
  /** `undefined` where S3 has one, perhaps, but nothing here knows it. */
  readonly operation: S3Operation | undefined;
  readonly bucket: string;
  /** Decoded; empty for what is asked of the bucket. */
  readonly key: string;
  /** Path and query as sent. */
  readonly rawPath: string;
  /** Decoded, in the order sent. */
  readonly query: readonly (readonly [name: string, value: string])[];
}

/** Host names below which the first label is the bucket; all other hosts are addressed by path. */
export const virtualHostDomain = "s3.localhost";

/** @throws S3Error InvalidURI for an address that cannot be decoded. */
export function addressOf(request: IncomingMessage): S3Address {
  const [rawPath, rawQuery] = splitOnce(request.url ?? "/", "?");
  const query = rawQuery
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => splitOnce(pair, "="))
    .map(([name, value]) => [decode(name), decode(value)] as const);
  const path = decode(rawPath).slice(1);
  const host = (request.headers.host ?? "").replace(/:\d+$/, "");
  const [bucket, key] = host.endsWith(`.${virtualHostDomain}`)
    ? [host.slice(0, -virtualHostDomain.length - 1), path]
    : splitOnce(path, "/");
  const operation = operationOf(request, key === "" ? "bucket" : "object", query);
  return { operation, bucket, key, rawPath, query };
}

/** Percent-decoded; a plus is a plus. @throws S3Error InvalidURI */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Error(400, "InvalidURI", "Couldn't parse the specified URI.");
  }
}

function operationOf(
  { method, headers }: IncomingMessage,
  of: Route["of"],
  query: S3Address["query"],
): S3Operation | undefined {
  // A copy reads an object on the server's side; nothing that is tested here may want one.
  if (headers["x-amz-copy-source"] !== undefined) return undefined;
  const names = query.map(([name]) => name).filter((name) => !/^x-(amz-|id$)/i.test(name));
  const fits = (route: Route) =>
    route.method === method && route.of === of && route.by.every((name) => names.includes(name));
  const route: Route | undefined = routes.find(fits);
  const known = [...(route?.by ?? []), ...(route?.takes ?? [])];
  return names.every((name) => known.includes(name)) ? route?.operation : undefined;
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}
