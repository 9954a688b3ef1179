// The operations of multipart uploads. Complete makes an object of the parts as they lie, whatever their size.
import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { removeParts, type MultipartUpload, type Part } from "./bucket-content.ts";
import { checkKey } from "./object-operations.ts";
import { S3Error } from "./s3-error.ts";
import {
  attributesOf,
  checkCondition,
  encryptionOf,
  numberFrom,
  receivePart,
  receiveXml,
  type Rules,
  type S3Answer,
  type S3Exchange,
} from "./s3-exchange.ts";
import { element, parseCompletedParts, result, type CompletedPart } from "./s3-xml.ts";

const maxPartNumber = 10_000;

export function createMultipartUpload(exchange: S3Exchange): S3Answer {
  const { bucket, key, headers, content, now, newId } = exchange;
  checkKey(key);
  const uploadId = newId();
  const attributes = attributesOf(headers);
  const algorithm = headers["x-amz-checksum-algorithm"];
  const checksumAlgorithm = typeof algorithm === "string" ? algorithm.toLowerCase() : undefined;
  content.addUpload({
    key,
    uploadId,
    initiatedAt: new Date(now()),
    attributes,
    checksumAlgorithm,
    parts: new Map(),
  });
  const children = [element("Bucket", bucket), element("Key", key), element("UploadId", uploadId)];
  return {
    status: 200,
    headers: encryptionOf(attributes),
    xml: result("InitiateMultipartUploadResult", children),
  };
}

export async function uploadPart(exchange: S3Exchange): Promise<S3Answer> {
  const upload = foundUpload(exchange);
  const number = Number(exchange.query.get("partNumber"));
  if (!Number.isInteger(number) || number < 1 || number > maxPartNumber)
    throw new S3Error(
      400,
      "InvalidArgument",
      "Part number must be an integer between 1 and 10000, inclusive",
    );
  const part = await receivePart(exchange);
  const { checksum } = part;
  // The upload may have ended while the body came in.
  if (exchange.content.findUpload(upload.key, upload.uploadId) === undefined) await removeParts([part]);
  const { parts } = foundUpload(exchange);
  const before = parts.get(number);
  parts.set(number, part);
  if (before) await removeParts([before]);
  const sum = checksum && { [`x-amz-checksum-${checksum.algorithm}`]: checksum.value };
  return { status: 200, headers: { ETag: `"${part.md5}"`, ...sum, ...encryptionOf(upload.attributes) } };
}

export async function completeMultipartUpload(exchange: S3Exchange): Promise<S3Answer> {
  const { bucket, key, content, behaviour, rules, now } = exchange;
  const { text } = await receiveXml(exchange);
  await delay(behaviour.completeMs);
  const upload = foundUpload(exchange);
  const listed = parseCompletedParts(text);
  if (!listed)
    throw new S3Error(400, "MalformedXML", "The XML you provided was not well-formed or did not validate");
  const parts = chosenParts(upload, listed);
  checkSizes(parts, rules);
  checkCondition(exchange);
  if (behaviour.completeErrorsIn200 > 0) {
    behaviour.completeErrorsIn200 -= 1;
    throw new S3Error(200, "InternalError", "We encountered an internal error. Please try again.");
  }
  const md5 = createHash("md5");
  for (const part of parts) md5.update(part.md5, "hex");
  const etag = `${md5.digest("hex")}-${parts.length}`;
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  const { attributes } = upload;
  const ended = content.endUpload(upload, parts);
  await content.put({ key, parts, size, etag, modifiedAt: new Date(now()), attributes, checksum: undefined });
  await ended;
  const children = [element("Bucket", bucket), element("Key", key), element("ETag", `"${etag}"`)];
  return {
    status: 200,
    headers: encryptionOf(attributes),
    xml: result("CompleteMultipartUploadResult", children),
  };
}

export async function abortMultipartUpload(exchange: S3Exchange): Promise<S3Answer> {
  await exchange.content.endUpload(foundUpload(exchange));
  return { status: 204 };
}

export function listParts(exchange: S3Exchange): S3Answer {
  const { bucket, key } = exchange;
  const { uploadId, parts } = foundUpload(exchange);
  const max = numberFrom(exchange, "max-parts", 0, exchange.rules.maxListKeys);
  const after = Number(exchange.query.get("part-number-marker") ?? 0);
  const rest = [...parts].filter(([number]) => number > after).sort(([a], [b]) => a - b);
  const page = rest.slice(0, max);
  const isTruncated = rest.length > page.length;
  const children = [
    element("Bucket", bucket),
    element("Key", key),
    element("UploadId", uploadId),
    element("PartNumberMarker", after),
    element("MaxParts", max),
    element("IsTruncated", isTruncated),
    ...(isTruncated ? [element("NextPartNumberMarker", page.at(-1)?.[0] ?? after)] : []),
    ...page.map(([number, part]) => partElement(number, part)),
  ];
  return { status: 200, xml: result("ListPartsResult", children) };
}

function partElement(number: number, { md5, size, modifiedAt }: Part): string {
  const fields = [
    element("PartNumber", number),
    element("LastModified", modifiedAt.toISOString()),
    element("ETag", `"${md5}"`),
    element("Size", size),
  ];
  return `<Part>${fields.join("")}</Part>`;
}

function foundUpload({ content, key, query }: S3Exchange): MultipartUpload {
  const uploadId = query.get("uploadId") ?? "";
  const upload = content.findUpload(key, uploadId);
  if (upload) return upload;
  throw new S3Error(
    404,
    "NoSuchUpload",
    "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
    { UploadId: uploadId },
  );
}

/** The parts that the client names, which have to be there, as it knows them and in ascending order. */
function chosenParts(
  { parts, checksumAlgorithm }: MultipartUpload,
  listed: readonly CompletedPart[],
): Part[] {
  return listed.map(({ partNumber, etag, checksums }, index) => {
    if (index > 0 && partNumber <= listed[index - 1]!.partNumber)
      throw new S3Error(400, "InvalidPartOrder", "The list of parts was not in ascending order.");
    const part = parts.get(partNumber);
    if (part?.md5 !== etag)
      throw new S3Error(400, "InvalidPart", "One or more of the specified parts could not be found.", {
        PartNumber: partNumber,
        ETag: etag,
      });
    if (checksumAlgorithm !== undefined && checksums.get(checksumAlgorithm) !== part.checksum?.value)
      throw new S3Error(
        400,
        "InvalidRequest",
        `The upload was created using a ${checksumAlgorithm} checksum. The complete request must include the checksum for each part; it is missing or wrong for part ${partNumber}.`,
      );
    return part;
  });
}

function checkSizes(parts: readonly Part[], { minPartBytes, equalParts }: Rules): void {
  const sizes = parts.map(({ size }) => size);
  const last = sizes.pop() ?? 0;
  const small = sizes.find((size) => size < minPartBytes);
  if (small !== undefined)
    throw new S3Error(
      400,
      "EntityTooSmall",
      "Your proposed upload is smaller than the minimum allowed object size.",
      { ProposedSize: small, MinSizeAllowed: minPartBytes },
    );
  const [first = last] = sizes;
  if (equalParts && (sizes.some((size) => size !== first) || last > first))
    throw new S3Error(400, "InvalidPart", "All non-trailing parts must have the same length.");
}
