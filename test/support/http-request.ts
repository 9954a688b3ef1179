// One HTTP request with full control of what goes out (path as written, lengths that lie, chunked bodies, bodies that
// break off) and all of what comes back. Of its own because no client library lets a test be this impolite.
import { once } from "node:events";
import {
  request,
  type Agent,
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from "node:http";
import { request as requestSecurely } from "node:https";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

export interface Sending {
  readonly headers?: Readonly<Record<string, string | number | readonly string[]>>;
  /** A Buffer or string goes with Content-Length, unless `chunked`; a stream goes chunked, unless a length is given. */
  readonly body?: Buffer | string | Readable;
  readonly chunked?: boolean;
  readonly agent?: Agent | false;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

/**
 * Opens a request and leaves its body to the caller. `path` goes out as written, without normalisation. With an https
 * origin `agent` says whom to trust.
 */
export function open(origin: string, method: string, path: string, sending: Sending = {}): ClientRequest {
  const { protocol, hostname, port } = new URL(origin);
  const headers: Record<string, string | number | string[]> = {};
  for (const [name, value] of Object.entries(sending.headers ?? {})) {
    headers[name] = typeof value === "object" ? [...value] : value;
  }
  if (sending.chunked) headers["transfer-encoding"] = "chunked";
  const start = protocol === "https:" ? requestSecurely : request;
  return start({ hostname, port, method, path, headers, agent: sending.agent ?? false });
}

export async function send(
  origin: string,
  method: string,
  path: string,
  sending: Sending = {},
): Promise<Answer> {
  const { body } = sending;
  const plain = body === undefined || typeof body === "string" || Buffer.isBuffer(body);
  const length: Record<string, number> =
    plain && !sending.chunked && hasBody(method) && !names(sending, "content-length")
      ? { "content-length": Buffer.byteLength(body ?? "") }
      : {};
  const outgoing = open(origin, method, path, { ...sending, headers: { ...length, ...sending.headers } });
  const answered = answerTo(outgoing);
  if (plain) outgoing.end(body);
  // An answer may come before the body has gone out; then it counts, not the pipe that broke.
  else pipeline(body, outgoing).catch(() => undefined);
  return answered;
}

/** The whole answer to a request that the caller writes. Rejects when the answer breaks off. */
export async function answerTo(outgoing: ClientRequest): Promise<Answer> {
  return readAnswer(await responseTo(outgoing));
}

export async function responseTo(outgoing: ClientRequest): Promise<IncomingMessage> {
  const [response] = (await once(outgoing, "response")) as [IncomingMessage];
  // What breaks after the answer has begun shows on the answer.
  outgoing.on("error", () => undefined);
  return response;
}

export async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    rawHeaders: response.rawHeaders,
    body: Buffer.concat(parts),
  };
}

function hasBody(method: string): boolean {
  return ["PUT", "POST", "PATCH"].includes(method);
}

function names({ headers = {} }: Sending, name: string): boolean {
  return Object.keys(headers).some((key) => key.toLowerCase() === name);
}
