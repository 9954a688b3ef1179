// One request of the strict server from its head to its answer: who asks, for what, of which bucket; then the operation.
import type { IncomingMessage } from "node:http";
import { headBucket, listMultipartUploads, listObjects, listObjectsV2 } from "./listing-operations.ts";
import {
  abortMultipartUpload,
  completeMultipartUpload,
  createMultipartUpload,
  listParts,
  uploadPart,
} from "./multipart-operations.ts";
import { deleteObject, deleteObjects, getObject, headObject, putObject } from "./object-operations.ts";
import { S3Error } from "./s3-error.ts";
import type { Operation, Rules, S3Answer } from "./s3-exchange.ts";
import { addressOf, type S3Operation } from "./s3-operation.ts";
import { result } from "./s3-xml.ts";
import { verifySignature } from "./signature-v4.ts";
import type { S3Record, StrictS3Parts } from "./strict-s3-server.ts";

const operations: Readonly<Record<Exclude<S3Operation, "GetBucketLocation">, Operation>> = {
  PutObject: putObject,
  GetObject: getObject,
  HeadObject: headObject,
  DeleteObject: deleteObject,
  DeleteObjects: deleteObjects,
  CreateMultipartUpload: createMultipartUpload,
  UploadPart: uploadPart,
  CompleteMultipartUpload: completeMultipartUpload,
  AbortMultipartUpload: abortMultipartUpload,
  ListParts: listParts,
  ListMultipartUploads: listMultipartUploads,
  ListObjectsV2: listObjectsV2,
  ListObjects: listObjects,
  HeadBucket: headBucket,
};

/** @throws S3Error for every refusal */
export async function answerOperation(
  parts: StrictS3Parts,
  request: IncomingMessage,
  { note, onBegin }: { readonly note: (record: S3Record) => void; readonly onBegin: () => void },
): Promise<{ readonly answer: S3Answer; readonly record: S3Record }> {
  const address = addressOf(request);
  const { headers } = request;
  const record: S3Record = {
    operation: address.operation ?? "unknown",
    key: address.key,
    headers,
    bytesIn: 0,
    bytesOut: 0,
    status: 0,
    code: undefined,
  };
  note(record);
  const payloadHash = verifySignature(request, address, parts.account, parts.now());
  const { operation, bucket, key } = address;
  if (operation === undefined)
    throw new S3Error(
      501,
      "NotImplemented",
      "A parameter or header implies functionality that is not implemented",
    );
  if (bucket !== parts.bucket)
    throw new S3Error(404, "NoSuchBucket", "The specified bucket does not exist", { BucketName: bucket });
  checkDialect(parts.rules, headers);
  const { account, content, rules, behaviour, now, newId, newPath } = parts;
  if (operation === "GetBucketLocation")
    return { answer: { status: 200, xml: result("LocationConstraint", [account.region]) }, record };
  const onBytes = (count: number) => void (record.bytesIn += count);
  const answer = await operations[operation]({
    bucket,
    key,
    query: new Map(address.query),
    headers,
    intake: { request, payloadHash, onBegin, onBytes },
    content,
    rules,
    behaviour,
    now,
    newId,
    newPath,
  });
  return { answer, record };
}

function checkDialect({ flexibleChecksums }: Rules, headers: IncomingMessage["headers"]): void {
  if (flexibleChecksums) return;
  const names = ["x-amz-trailer", "x-amz-sdk-checksum-algorithm", "x-amz-checksum-algorithm"];
  const header = Object.keys(headers).find(
    (name) => names.includes(name) || /^x-amz-checksum-(crc|sha)/.test(name),
  );
  if (header !== undefined)
    throw new S3Error(
      501,
      "NotImplemented",
      "A header you provided implies functionality that is not implemented",
      {
        Header: header,
      },
    );
}
