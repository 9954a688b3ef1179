// The operations on the bucket that list.
import { S3Error } from "./s3-error.ts";
import { numberFrom, type S3Answer, type S3Exchange } from "./s3-exchange.ts";
import { element, result } from "./s3-xml.ts";

interface Page {
  readonly keys: readonly string[];
  readonly commonPrefixes: readonly string[];
  /** The last key or prefix of the page, when there is more behind it. */
  readonly next: string | undefined;
}

export function listObjectsV2(exchange: S3Exchange): S3Answer {
  const { query } = exchange;
  if (query.get("list-type") !== "2") throw new S3Error(400, "InvalidArgument", "Invalid List Type");
  const token = query.get("continuation-token");
  const startAfter = query.get("start-after") ?? "";
  const max = numberFrom(exchange, "max-keys", 0, exchange.rules.maxListKeys);
  const page = pageOf(exchange, token === undefined ? startAfter : markerOf(token), max);
  const { keys, commonPrefixes, next } = page;
  return {
    status: 200,
    xml: result("ListBucketResult", [
      ...commonElements(exchange, page, max),
      element("KeyCount", keys.length + commonPrefixes.length),
      ...(next === undefined ? [] : [element("NextContinuationToken", tokenOf(next))]),
    ]),
  };
}

export function listObjects(exchange: S3Exchange): S3Answer {
  const max = numberFrom(exchange, "max-keys", 0, exchange.rules.maxListKeys);
  const page = pageOf(exchange, exchange.query.get("marker") ?? "", max);
  const children = commonElements(exchange, page, max);
  // Without a delimiter the client goes on from the last key of the page.
  if (page.next !== undefined && exchange.query.has("delimiter"))
    children.push(element("NextMarker", page.next));
  return { status: 200, xml: result("ListBucketResult", children) };
}

export function listMultipartUploads(exchange: S3Exchange): S3Answer {
  const { bucket, content, query, rules } = exchange;
  const max = numberFrom(exchange, "max-uploads", 1, rules.maxListKeys);
  const prefix = query.get("prefix") ?? "";
  const keyMarker = query.get("key-marker") ?? "";
  // S3 ignores this one without the other; without it, all uploads of the marked key are behind.
  const idMarker = keyMarker === "" ? undefined : query.get("upload-id-marker");
  const rest = content.uploads.filter(
    ({ key, uploadId }) =>
      key.startsWith(prefix) &&
      (key > keyMarker || (key === keyMarker && idMarker !== undefined && uploadId > idMarker)),
  );
  const page = rest.slice(0, max);
  const last = rest.length > page.length ? page.at(-1) : undefined;
  const markers = last
    ? [element("NextKeyMarker", last.key), element("NextUploadIdMarker", last.uploadId)]
    : [];
  const uploads = page.map(({ key, uploadId, initiatedAt }) => {
    const fields = [
      element("Key", key),
      element("UploadId", uploadId),
      element("Initiated", initiatedAt.toISOString()),
    ];
    return `<Upload>${fields.join("")}</Upload>`;
  });
  return {
    status: 200,
    xml: result("ListMultipartUploadsResult", [
      element("Bucket", bucket),
      element("Prefix", prefix),
      element("KeyMarker", keyMarker),
      element("MaxUploads", max),
      element("IsTruncated", last !== undefined),
      ...markers,
      ...uploads,
    ]),
  };
}

export function headBucket(): S3Answer {
  return { status: 200 };
}

function commonElements({ bucket, query, content }: S3Exchange, page: Page, max: number): string[] {
  const contents = page.keys.map((key) => {
    const object = content.find(key)!;
    const fields = [
      element("Key", key),
      element("LastModified", object.modifiedAt.toISOString()),
      element("ETag", `"${object.etag}"`),
      element("Size", object.size),
      element("StorageClass", object.attributes["x-amz-storage-class"] ?? "STANDARD"),
    ];
    return `<Contents>${fields.join("")}</Contents>`;
  });
  const prefixes = page.commonPrefixes.map(
    (prefix) => `<CommonPrefixes>${element("Prefix", prefix)}</CommonPrefixes>`,
  );
  return [
    element("Name", bucket),
    element("Prefix", query.get("prefix") ?? ""),
    element("MaxKeys", max),
    element("IsTruncated", page.next !== undefined),
    ...contents,
    ...prefixes,
  ];
}

function pageOf({ content, query }: S3Exchange, after: string, max: number): Page {
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") ?? "";
  const keys: string[] = [];
  const commonPrefixes: string[] = [];
  let last: string | undefined;
  for (const key of content.keys) {
    if (key <= after || !key.startsWith(prefix)) continue;
    const cut = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
    const group = cut < 0 ? undefined : key.slice(0, cut + delimiter.length);
    if (group !== undefined && (group === last || group === after)) continue;
    if (keys.length + commonPrefixes.length >= max) return { keys, commonPrefixes, next: last };
    if (group === undefined) keys.push(key);
    else commonPrefixes.push(group);
    last = group ?? key;
  }
  return { keys, commonPrefixes, next: undefined };
}

/** Opaque, as S3's are: nobody shall take it for a key. */
function tokenOf(marker: string): string {
  return `1.${Buffer.from(marker).toString("base64url")}`;
}

function markerOf(token: string): string {
  if (!token.startsWith("1."))
    throw new S3Error(400, "InvalidArgument", "The continuation token provided is incorrect");
  return Buffer.from(token.slice(2), "base64url").toString("utf8");
}
