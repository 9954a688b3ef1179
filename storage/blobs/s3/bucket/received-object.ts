// An answer to GetObject, checked: how long the object is, which bytes of it come, and that these are the ones asked for.
import { Readable } from "node:stream";
import type { GetObjectCommandOutput } from "@aws-sdk/client-s3";
import type { Extent } from "../../byte-range.ts";

export interface ReceivedObject {
  /** Of the whole object. */
  readonly size: number;
  readonly etag: string | undefined;
  readonly stream: Readable;
}

/** A range of no bytes has no header; it does not occur, since ranges are inclusive. */
export function rangeHeader(extent: Extent | undefined): { Range?: string } {
  return extent ? { Range: `bytes=${extent.start}-${extent.end - 1}` } : {};
}

/** @throws RangeError when the object ends before `extent` does; Error when other bytes came than were asked for */
export function receivedFrom(answer: GetObjectCommandOutput, extent: Extent | undefined): ReceivedObject {
  const { Body, ContentLength = 0, ContentRange, ETag } = answer;
  // An empty object may come without a body.
  const stream = Body instanceof Readable ? Body : Readable.from([]);
  try {
    if (!extent) return { size: ContentLength, etag: ETag, stream };
    const [, start, end, size] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(ContentRange ?? "") ?? [];
    if (size === undefined) throw new Error("the object store answered a range without saying which");
    if (extent.end > Number(size))
      throw new RangeError(`bytes up to ${extent.end} do not lie within ${size} bytes`);
    // More than that some dialects do send; whoever reads stops in time.
    if (Number(start) !== extent.start || Number(end) < extent.end - 1)
      throw new Error("the object store sent other bytes than were asked for");
    return { size: Number(size), etag: ETag, stream };
  } catch (error) {
    stream.on("error", () => undefined).destroy();
    throw error;
  }
}
