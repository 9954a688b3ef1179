// The body of a request on its way in, with everything checked that the client said about it: length, SHA-256 of the
// signature, Content-MD5, checksum header or trailer.
import { createHash, type Hash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { crc32 } from "node:zlib";
import { decodeAwsChunked } from "./aws-chunked.ts";
import { S3Error } from "./s3-error.ts";

export interface Checksum {
  /** As in the header's name: crc32, sha1, sha256. */
  readonly algorithm: string;
  /** Base64. */
  readonly value: string;
}

export interface Payload {
  readonly size: number;
  /** In hex, as ETags are. */
  readonly md5: string;
  readonly checksum: Checksum | undefined;
}

export interface Intake {
  readonly request: IncomingMessage;
  /** What the signature covers. */
  readonly payloadHash: string;
  /** Called when the server is ready for the body, and again with each piece's length. */
  readonly onBegin: () => void;
  readonly onBytes: (count: number) => void;
}

const trailing = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
const maxTextBytes = 4 * 1024 * 1024;

/** Writes the body to `path`; leaves no file behind when anything is wrong with it. @throws S3Error */
export async function receiveFile(intake: Intake, path: string, maxBytes: number): Promise<Payload> {
  const check = new PayloadCheck(intake, maxBytes);
  try {
    // Room for what arrives while the disk writes: it is then written at once, not in the pieces of the socket.
    await pipeline(
      bytesOf(intake, check),
      createWriteStream(path, { flags: "wx", highWaterMark: 1_048_576 }),
    );
    return check.finish();
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

/** The body of DeleteObjects or CompleteMultipartUpload. @throws S3Error */
export async function receiveText(
  intake: Intake,
): Promise<{ readonly text: string; readonly payload: Payload }> {
  const check = new PayloadCheck(intake, maxTextBytes);
  const bytes = await buffer(bytesOf(intake, check));
  return { text: bytes.toString("utf8"), payload: check.finish() };
}

async function* bytesOf(intake: Intake, check: PayloadCheck): AsyncGenerator<Buffer, undefined> {
  const { request, payloadHash } = intake;
  intake.onBegin();
  // What refuses the body midway still answers over the same connection.
  const raw = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  const source = payloadHash === trailing ? decodeAwsChunked(raw, check.trailers) : raw;
  for await (const piece of source) {
    intake.onBytes(piece.length);
    check.update(piece);
    yield piece;
  }
}

class PayloadCheck {
  readonly trailers = new Map<string, string>();
  readonly #headers: IncomingMessage["headers"];
  readonly #payloadHash: string;
  readonly #promised: number;
  readonly #md5 = createHash("md5");
  readonly #sha256: Hash | undefined;
  readonly #checksum: { readonly name: string; readonly sum: Sum } | undefined;
  #size = 0;

  constructor({ request, payloadHash }: Intake, maxBytes: number) {
    this.#headers = request.headers;
    this.#payloadHash = payloadHash;
    this.#promised = promisedLength(request, payloadHash);
    if (this.#promised > maxBytes)
      throw new S3Error(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", {
        ProposedSize: this.#promised,
        MaxSizeAllowed: maxBytes,
      });
    this.#sha256 = /^[0-9a-f]{64}$/.test(payloadHash) ? createHash("sha256") : undefined;
    const names = [...Object.keys(request.headers), String(request.headers["x-amz-trailer"] ?? "")];
    const name = names.find((candidate) => /^x-amz-checksum-(?!algorithm$|type$|mode$)/.test(candidate));
    this.#checksum = name === undefined ? undefined : { name, sum: sumOf(name) };
  }

  update(piece: Buffer): void {
    this.#size += piece.length;
    this.#md5.update(piece);
    this.#sha256?.update(piece);
    this.#checksum?.sum.update(piece);
  }

  finish(): Payload {
    const md5 = this.#md5.digest();
    if (this.#size !== this.#promised)
      throw new S3Error(400, "IncompleteBody", "You did not provide the number of bytes specified");
    if (this.#sha256 && this.#sha256.digest("hex") !== this.#payloadHash)
      throw new S3Error(
        400,
        "XAmzContentSHA256Mismatch",
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
      );
    const wantedMd5 = this.#headers["content-md5"];
    if (wantedMd5 !== undefined && wantedMd5 !== md5.toString("base64"))
      throw new S3Error(400, "BadDigest", "The Content-MD5 you specified did not match what we received.");
    return { size: this.#size, md5: md5.toString("hex"), checksum: this.#finishChecksum() };
  }

  #finishChecksum(): Checksum | undefined {
    if (this.#checksum === undefined) return undefined;
    const { name, sum } = this.#checksum;
    const value = sum.digest();
    const wanted = this.#headers[name] ?? this.trailers.get(name);
    const algorithm = name.slice("x-amz-checksum-".length);
    if (wanted !== value)
      throw new S3Error(
        400,
        "BadDigest",
        `The ${algorithm} you specified did not match the calculated checksum.`,
      );
    return { algorithm, value };
  }
}

interface Sum {
  update(piece: Buffer): void;
  digest(): string;
}

function sumOf(header: string): Sum {
  if (header === "x-amz-checksum-crc32") {
    let sum = 0;
    return {
      update: (piece) => void (sum = crc32(piece, sum)),
      digest: () => Buffer.from(sum.toString(16).padStart(8, "0"), "hex").toString("base64"),
    };
  }
  const algorithm = header.slice("x-amz-checksum-".length);
  if (algorithm !== "sha1" && algorithm !== "sha256")
    throw new S3Error(501, "NotImplemented", `This server does not compute ${header}`);
  const hash = createHash(algorithm);
  return { update: (piece) => void hash.update(piece), digest: () => hash.digest("base64") };
}

/** The length of the body proper, which S3 wants to know before it. */
function promisedLength({ headers }: IncomingMessage, payloadHash: string): number {
  const streaming = payloadHash.startsWith("STREAMING-");
  if (streaming && payloadHash !== trailing)
    throw new S3Error(501, "NotImplemented", `This server does not read ${payloadHash}`);
  const length = Number(headers[streaming ? "x-amz-decoded-content-length" : "content-length"]);
  if (Number.isInteger(length) && length >= 0) return length;
  throw new S3Error(411, "MissingContentLength", "You must provide the Content-Length HTTP header.");
}
