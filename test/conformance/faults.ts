// Words for single faults: where they are, and what goes wrong there.
import type { Fault, PassingAnswer, PassingRequest } from "../support/mutating-proxy.ts";

/** One fault, the group of checks that is run against it, and those that it must turn red: they and no others. */
export interface Mutation {
  readonly name: string;
  readonly group: string;
  readonly fault: Fault;
  readonly red: readonly string[];
}

export type Where = (request: PassingRequest) => boolean;
type Change = NonNullable<Fault["changeAnswer"]>;

/** Requests of one of the methods ("GET HEAD") whose path and query fit. */
export function at(methods: string, target: RegExp): Where {
  return (request) => methods.split(" ").includes(request.method) && target.test(request.target);
}

export const blobPath = /\/blobs\/sha(?:256|512):/;
export const uploadPath = /\/blobs\/uploads\/[^?/]/;
export const uploadsPath = /\/blobs\/uploads\/?(?:\?|$)/;
export const manifestPath = /\/manifests\//;
export const manifestTag = /\/manifests\/[^:/?]+(?:\?|$)/;
export const manifestDigest = /\/manifests\/sha(?:256|512):/;
export const tagsPath = /\/tags\/list/;
export const referrersPath = /\/referrers\//;

export function inAnswer(where: Where, changeAnswer: Change): Fault {
  return { where, changeAnswer };
}

export function inRequest(where: Where, changeRequest: (request: PassingRequest) => void): Fault {
  return { where, changeRequest };
}

export function insteadOf(
  where: Where,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): Fault {
  const answer = (): PassingAnswer => ({
    status,
    headers: new Map(Object.entries(headers)),
    body: Buffer.alloc(0),
  });
  return { where, answerInstead: answer };
}

/** Another status for answers that have this one, or one of these. */
export const status =
  (from: number | readonly number[], to: number): Change =>
  (answer) => {
    if (![from].flat().includes(answer.status)) return false;
    answer.status = to;
    return true;
  };

/** The change, only in answers of this status. */
export const when =
  (wanted: number, change: Change): Change =>
  (answer, request) =>
    answer.status === wanted && change(answer, request);

export const without =
  (header: string): Change =>
  ({ headers }) =>
    headers.delete(header);

export const withHeader =
  (header: string, value: string | ((before: string) => string)): Change =>
  ({ headers }) => {
    const before = headers.get(header) ?? "";
    headers.set(header, typeof value === "string" ? value : value(before));
    return headers.get(header) !== before;
  };

/** For a Range header: the last byte that it names is one too many. */
export const oneMore = (range: string): string => range.replace(/\d+$/, (last) => String(Number(last) + 1));

/** Another body, with its Content-Length. */
export const body =
  (change: (bytes: Buffer) => Buffer): Change =>
  (answer) => {
    const changed = change(answer.body);
    if (changed.equals(answer.body)) return false;
    answer.body = changed;
    answer.headers.set("content-length", String(changed.length));
    return true;
  };

export const flippedByte = body((bytes) => {
  const changed = Buffer.from(bytes);
  const middle = changed.length >> 1;
  if (changed.length > 0) changed[middle] = changed[middle]! ^ 1;
  return changed;
});

type Json = Record<string, unknown>;

/** Another body where it is JSON; `change` works on the value in place or gives a new one. */
export const json = (change: (value: Json) => unknown): Change =>
  body((bytes) => {
    if (bytes.length === 0) return bytes;
    const value = JSON.parse(bytes.toString()) as Json;
    return Buffer.from(JSON.stringify(change(value) ?? value));
  });

/** Another code in the body of a refusal. */
export const code =
  (from: string, to: string): Change =>
  (answer, request) =>
    answer.status >= 400 &&
    body((bytes) => Buffer.from(bytes.toString().replaceAll(`"${from}"`, `"${to}"`)))(answer, request);

/** A body where it is JSON, without one of its fields. */
export const withoutField = (field: string): Change =>
  json((value) => Object.fromEntries(Object.entries(value).filter(([name]) => name !== field)));

export const otherDigest = `sha256:${"0".repeat(64)}`;

/** The request without one of its query parameters. */
export const withoutParameter =
  (name: string) =>
  (request: PassingRequest): void => {
    const [path = "", query = ""] = request.target.split("?");
    const kept = query.split("&").filter((pair) => !pair.startsWith(`${name}=`));
    request.target = kept.length === 0 ? path : `${path}?${kept.join("&")}`;
  };
