// The operations on one object, and the batch delete.
import type { StoredS3Object } from "./bucket-content.ts";
import { S3Error } from "./s3-error.ts";
import {
  attributesOf,
  checkCondition,
  encryptionOf,
  receivePart,
  receiveXml,
  type S3Answer,
  type S3Exchange,
} from "./s3-exchange.ts";
import { element, parseDelete, result } from "./s3-xml.ts";

const maxKeyBytes = 1024;
const maxBatch = 1000;

export async function putObject(exchange: S3Exchange): Promise<S3Answer> {
  const { content, key, headers } = exchange;
  checkKey(key);
  checkCondition(exchange);
  const part = await receivePart(exchange);
  // Another may have put it while the body came in.
  checkCondition(exchange);
  const { size, md5: etag, modifiedAt, checksum } = part;
  const attributes = attributesOf(headers);
  await content.put({ key, parts: [part], size, etag, modifiedAt, attributes, checksum });
  const sum = checksum && { [`x-amz-checksum-${checksum.algorithm}`]: checksum.value };
  return { status: 200, headers: { ETag: `"${etag}"`, ...sum, ...encryptionOf(attributes) } };
}

export function getObject(exchange: S3Exchange): S3Answer {
  const object = found(exchange);
  const { size } = object;
  const range = rangeOf(exchange.headers.range, size);
  const headers = { ...headersOf(object), ...overridden(exchange) };
  if (range === undefined) {
    const wantsSum = exchange.headers["x-amz-checksum-mode"] === "ENABLED" && object.checksum;
    const sum = wantsSum ? { [`x-amz-checksum-${wantsSum.algorithm}`]: wantsSum.value } : {};
    return { status: 200, headers: { ...headers, ...sum }, object: { of: object, start: 0, end: size - 1 } };
  }
  const { start, end } = range;
  return {
    status: 206,
    headers: {
      ...headers,
      "Content-Length": end - start + 1,
      "Content-Range": `bytes ${start}-${end}/${size}`,
    },
    object: { of: object, start, end },
  };
}

export function headObject(exchange: S3Exchange): S3Answer {
  const { status, headers = {} } = getObject(exchange);
  return { status, headers };
}

export async function deleteObject({ content, key }: S3Exchange): Promise<S3Answer> {
  await content.delete(key);
  return { status: 204 };
}

export async function deleteObjects(exchange: S3Exchange): Promise<S3Answer> {
  const { content, headers, rules } = exchange;
  if (!rules.batchDelete) throw new S3Error(501, "NotImplemented", "DeleteObjects is not implemented");
  const { text, payload } = await receiveXml(exchange);
  if (headers["content-md5"] === undefined && payload.checksum === undefined)
    throw new S3Error(400, "InvalidRequest", "Missing required header for this request: Content-MD5");
  const request = parseDelete(text);
  if (!request || request.keys.length > maxBatch)
    throw new S3Error(400, "MalformedXML", "The XML you provided was not well-formed or did not validate");
  for (const key of request.keys) await content.delete(key);
  const deleted = request.quiet ? [] : request.keys.map((key) => `<Deleted>${element("Key", key)}</Deleted>`);
  return { status: 200, xml: result("DeleteResult", deleted) };
}

/** @throws S3Error KeyTooLongError */
export function checkKey(key: string): void {
  if (Buffer.byteLength(key) > maxKeyBytes)
    throw new S3Error(400, "KeyTooLongError", "Your key is too long", { MaxSizeAllowed: maxKeyBytes });
}

function found({ content, key, headers }: S3Exchange): StoredS3Object {
  const object = content.find(key);
  if (!object) throw new S3Error(404, "NoSuchKey", "The specified key does not exist.", { Key: key });
  const quoted = `"${object.etag}"`;
  if (headers["if-match"] !== undefined && ![quoted, object.etag, "*"].includes(headers["if-match"]))
    throw new S3Error(
      412,
      "PreconditionFailed",
      "At least one of the pre-conditions you specified did not hold",
      {
        Condition: "If-Match",
      },
    );
  if (headers["if-none-match"] === quoted) throw new S3Error(304, "NotModified", "Not Modified");
  return object;
}

function headersOf({ size, etag, modifiedAt, attributes }: StoredS3Object): Record<string, string | number> {
  return {
    "content-type": "binary/octet-stream",
    ...attributes,
    "Content-Length": size,
    "Accept-Ranges": "bytes",
    "Last-Modified": modifiedAt.toUTCString(),
    ETag: `"${etag}"`,
  };
}

/** What the parameters `response-content-type` and so on ask for: presigned addresses carry them. */
function overridden({ query }: S3Exchange): Record<string, string> {
  const asked = [...query].filter(([name]) => name.startsWith("response-"));
  return Object.fromEntries(asked.map(([name, value]) => [name.slice("response-".length), value]));
}

/** `undefined`: the whole, as S3 answers what it does not understand and several ranges. @throws S3Error InvalidRange */
function rangeOf(header: string | undefined, size: number): { start: number; end: number } | undefined {
  const form = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  const [, first = "", last = ""] = form ?? [];
  if (first === "" && last === "") return undefined;
  if (first !== "" && last !== "" && Number(last) < Number(first)) return undefined;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (start < size && start <= end) return { start, end };
  throw new S3Error(416, "InvalidRange", "The requested range is not satisfiable", {
    ActualObjectSize: size,
  });
}
