// How the strict server writes: XML, the bytes of an object from part to part, and refusals.
import { createReadStream } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { BucketContent, StoredS3Object } from "./bucket-content.ts";
import { errorXml, type S3Error } from "./s3-error.ts";
import type { S3Answer } from "./s3-exchange.ts";
import type { S3Record } from "./strict-s3-server.ts";

/** Up to this size a body that nobody wants is read, so that its sender gets to the answer; larger ones are cut off. */
const maxDrainedBytes = 16 * 1024 * 1024;

export async function writeAnswer(
  response: ServerResponse,
  { status, headers = {}, xml, object }: S3Answer,
  { requestId, content, record }: { requestId: string; content: BucketContent; record: S3Record },
): Promise<void> {
  if (object === undefined) {
    const length = xml === undefined ? {} : { "Content-Length": Buffer.byteLength(xml) };
    const type = xml === undefined ? {} : { "Content-Type": "application/xml" };
    response.writeHead(status, { ...type, ...length, ...headers, "x-amz-request-id": requestId });
    response.end(xml);
    return;
  }
  const release = content.hold(object.of);
  try {
    response.writeHead(status, { ...headers, "x-amz-request-id": requestId });
    await pipeline(
      bytesOf(object, (count) => void (record.bytesOut += count)),
      response,
    );
  } finally {
    release();
  }
}

export function writeError(
  request: IncomingMessage,
  response: ServerResponse,
  { refusal, requestId }: { readonly refusal: S3Error; readonly requestId: string },
): void {
  const bodiless = request.method === "HEAD" || refusal.status === 304;
  const xml = bodiless ? "" : errorXml(refusal, (request.url ?? "/").replace(/\?.*$/, ""), requestId);
  const unwanted = !request.complete && Number(request.headers["content-length"] ?? 0) > maxDrainedBytes;
  response.writeHead(refusal.status, {
    "x-amz-request-id": requestId,
    ...(bodiless ? {} : { "Content-Type": "application/xml", "Content-Length": Buffer.byteLength(xml) }),
    ...(unwanted ? { Connection: "close" } : {}),
  });
  request.resume();
  response.end(xml);
}

async function* bytesOf(
  { of, start, end }: { readonly of: StoredS3Object; readonly start: number; readonly end: number },
  onBytes: (count: number) => void,
): AsyncGenerator<Buffer, undefined> {
  let partStart = 0;
  for (const { path, size } of of.parts) {
    const from = Math.max(start - partStart, 0);
    const to = Math.min(end - partStart, size - 1);
    partStart += size;
    if (from > to) continue;
    for await (const piece of createReadStream(path, { start: from, end: to }) as AsyncIterable<Buffer>) {
      onBytes(piece.length);
      yield piece;
    }
  }
}
