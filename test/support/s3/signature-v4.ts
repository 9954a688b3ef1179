// Whether a request is signed as AWS Signature Version 4 asks, in its Authorization header or in its query (presigned).
// Written from the signing side's specification and not with the client's own library, so that the two check each other.
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { S3Error } from "./s3-error.ts";
import type { S3Address } from "./s3-operation.ts";

const maxSkewMs = 15 * 60 * 1000;

export interface S3Account {
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

interface Claim {
  readonly credential: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** As 20260102T030405Z. */
  readonly date: string;
  readonly payloadHash: string;
  /** In seconds; presigned requests alone have it. */
  readonly expires: number | undefined;
}

/**
 * Gives what was signed for the body: its SHA-256 in hex, UNSIGNED-PAYLOAD or one of STREAMING-….
 *
 * @throws S3Error AccessDenied, InvalidAccessKeyId, RequestTimeTooSkewed, AuthorizationHeaderMalformed or
 * SignatureDoesNotMatch
 */
export function verifySignature(
  request: IncomingMessage,
  address: S3Address,
  account: S3Account,
  now: number,
): string {
  const headers = signableHeaders(request);
  const claim = queryClaim(address, headers) ?? headerClaim(headers);
  checkTime(claim, now);
  const [accessKeyId, ...scope] = claim.credential.split("/");
  if (accessKeyId !== account.accessKeyId)
    throw new S3Error(
      403,
      "InvalidAccessKeyId",
      "The access key Id you provided does not exist in our records.",
    );
  const expectedScope = [claim.date.slice(0, 8), account.region, "s3", "aws4_request"];
  if (scope.join("/") !== expectedScope.join("/")) throw malformed(`expecting '${expectedScope.join("/")}'`);
  checkSignedHeaders(claim, headers);
  const canonical = canonicalRequest(request, address, claim, headers);
  const text = ["AWS4-HMAC-SHA256", claim.date, scope.join("/"), sha256(canonical)].join("\n");
  const signingKey = scope.reduce<string | Buffer>(hmac, `AWS4${account.secretAccessKey}`);
  const expected = hmac(signingKey, text);
  if (!timingSafeEqual(expected, Buffer.from(claim.signature, "hex")))
    throw new S3Error(
      403,
      "SignatureDoesNotMatch",
      "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
      { StringToSign: text, CanonicalRequest: canonical },
    );
  return claim.payloadHash;
}

function headerClaim(headers: ReadonlyMap<string, string>): Claim {
  const authorization = headers.get("authorization");
  if (authorization === undefined) throw new S3Error(403, "AccessDenied", "Access Denied");
  const form =
    /^AWS4-HMAC-SHA256 Credential=([^,\s]+), ?SignedHeaders=([^,\s]+), ?Signature=([0-9a-f]{64})$/.exec(
      authorization,
    );
  const payloadHash = headers.get("x-amz-content-sha256");
  if (!form) throw malformed("it is not of the form of AWS4-HMAC-SHA256");
  if (payloadHash === undefined)
    throw new S3Error(
      400,
      "InvalidRequest",
      "Missing required header for this request: x-amz-content-sha256",
    );
  const [, credential = "", signedHeaders = "", signature = ""] = form;
  const date = headers.get("x-amz-date") ?? "";
  return {
    credential,
    signedHeaders: signedHeaders.split(";"),
    signature,
    date,
    payloadHash,
    expires: undefined,
  };
}

function queryClaim({ query }: S3Address, headers: ReadonlyMap<string, string>): Claim | undefined {
  const values = new Map(query.filter(([name]) => name.startsWith("X-Amz-")));
  if (!values.has("X-Amz-Signature")) return undefined;
  const [algorithm, credential, date, expires, signedHeaders, signature] = [
    "Algorithm",
    "Credential",
    "Date",
    "Expires",
    "SignedHeaders",
    "Signature",
  ].map((name) => values.get(`X-Amz-${name}`) ?? "");
  const seconds = Number(expires);
  const wellFormed = algorithm === "AWS4-HMAC-SHA256" && /^[0-9a-f]{64}$/.test(signature ?? "");
  if (!wellFormed || !(seconds >= 1 && seconds <= 604_800))
    throw new S3Error(
      400,
      "AuthorizationQueryParametersError",
      "X-Amz-* parameters are missing or out of bounds",
    );
  return {
    credential: credential ?? "",
    signedHeaders: (signedHeaders ?? "").split(";"),
    signature: signature ?? "",
    date: date ?? "",
    payloadHash:
      headers.get("x-amz-content-sha256") ?? values.get("X-Amz-Content-Sha256") ?? "UNSIGNED-PAYLOAD",
    expires: seconds,
  };
}

function checkTime({ date, expires }: Claim, now: number): void {
  const form = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date);
  if (!form)
    throw new S3Error(403, "AccessDenied", "AWS authentication requires a valid Date or x-amz-date header");
  const [, year, month, day, hour, minute, second] = form;
  const signedAt = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (signedAt - now > maxSkewMs || (expires === undefined && now - signedAt > maxSkewMs))
    throw new S3Error(
      403,
      "RequestTimeTooSkewed",
      "The difference between the request time and the current time is too large.",
    );
  if (expires !== undefined && now > signedAt + expires * 1000)
    throw new S3Error(403, "AccessDenied", "Request has expired");
}

function checkSignedHeaders({ signedHeaders }: Claim, headers: ReadonlyMap<string, string>): void {
  const needed = [...headers.keys()].filter((name) => name === "host" || name.startsWith("x-amz-"));
  const unsigned = needed.filter((name) => !signedHeaders.includes(name));
  if (unsigned.length > 0)
    throw new S3Error(
      403,
      "AccessDenied",
      "There were headers present in the request which were not signed",
      {
        HeadersNotSigned: unsigned.join(", "),
      },
    );
}

function canonicalRequest(
  { method = "" }: IncomingMessage,
  { rawPath, query }: S3Address,
  { signedHeaders, payloadHash }: Claim,
  headers: ReadonlyMap<string, string>,
): string {
  const path = rawPath
    .split("/")
    .map((segment) => encode(decodeURIComponent(segment)))
    .join("/");
  const parameters = query
    .filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a, x], [b, y]) => (a === b ? Number(x > y) : a < b ? -1 : 1))
    .map((pair) => pair.join("="));
  const lines = signedHeaders.map((name) => `${name}:${headers.get(name) ?? ""}\n`);
  return [method, path, parameters.join("&"), lines.join(""), signedHeaders.join(";"), payloadHash].join(
    "\n",
  );
}

/** By lower-case name, repeated ones joined, runs of spaces made one. */
function signableHeaders({ rawHeaders }: IncomingMessage): Map<string, string> {
  const headers = new Map<string, string>();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!.toLowerCase();
    const value = rawHeaders[index + 1]!.trim().replace(/ +/g, " ");
    headers.set(name, headers.has(name) ? `${headers.get(name)!},${value}` : value);
  }
  return headers;
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function malformed(why: string): S3Error {
  return new S3Error(400, "AuthorizationHeaderMalformed", `The authorization header is malformed; ${why}`);
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
