// Answers of a registry that is well, and how they are sent with faults in them.
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import type { StruckFaults } from "./upstream-fault.ts";

export interface UpstreamAnswer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

export const answer = (
  status: number,
  body: Buffer | string = "",
  headers: Record<string, string> = {},
): UpstreamAnswer => ({
  status,
  headers,
  body: typeof body === "string" ? Buffer.from(body) : body,
});

export const jsonAnswer = (status: number, value: unknown, headers: Record<string, string> = {}) =>
  answer(status, JSON.stringify(value), { "content-type": "application/json", ...headers });

export const errorAnswer = (status: number, code: string, headers: Record<string, string> = {}) =>
  jsonAnswer(status, { errors: [{ code, message: `fake upstream: ${code}` }] }, headers);

const page = "<html><body><h1>Something went wrong</h1><p>Please sign in to the network.</p></body></html>";

export const htmlAnswer = (status: number, headers: Record<string, string> = {}) =>
  answer(status, page, { "content-type": "text/html; charset=utf-8", ...headers });

/** A blob, or the part of it that `range` wishes for. */
export function blobAnswer(bytes: Buffer, range: string | undefined, faults: StruckFaults): UpstreamAnswer {
  const headers = { "content-type": "application/octet-stream", "accept-ranges": "bytes" };
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(range ?? "") ?? [];
  if (from === undefined || faults.some("range-ignored")) return answer(200, bytes, headers);
  const start = Number(from);
  const end = to ? Math.min(Number(to), bytes.length - 1) : bytes.length - 1;
  if (start > end) return answer(416, "", { "content-range": `bytes */${bytes.length}` });
  const said = faults.some("wrong-content-range") ? [start + 1, bytes.length + 7] : [start, bytes.length];
  return answer(206, bytes.subarray(start, end + 1), {
    ...headers,
    "content-range": `bytes ${said[0]}-${end}/${said[1]}`,
  });
}

/** What faults change in an answer before it is sent. */
function change(well: UpstreamAnswer, faults: StruckFaults): UpstreamAnswer {
  const status = faults.find("status");
  if (status) {
    const headers = status.retryAfter === undefined ? {} : { "retry-after": status.retryAfter };
    return status.html
      ? htmlAnswer(status.status, headers)
      : errorAnswer(status.status, status.code ?? "UNKNOWN", headers);
  }
  if (faults.some("portal")) return htmlAnswer(200);
  const changed = { ...well, headers: { ...well.headers } };
  if (faults.some("wrong-bytes")) changed.body = Buffer.from(well.body.map((byte) => byte ^ 0x20));
  if (faults.some("no-digest")) delete changed.headers["docker-content-digest"];
  if (faults.some("wrong-digest")) changed.headers["docker-content-digest"] = `sha256:${"0".repeat(64)}`;
  if (faults.some("gzip")) {
    changed.body = gzipSync(well.body);
    changed.headers["content-encoding"] = "gzip";
  }
  return changed;
}

export async function sendAnswer(
  response: ServerResponse,
  method: string,
  well: UpstreamAnswer,
  faults: StruckFaults,
): Promise<void> {
  if (faults.some("stall-before-headers")) return;
  const { status, headers, body } = change(well, faults);
  const limits = faults.find("rate-limit");
  if (limits) {
    headers["ratelimit-limit"] = `${limits.limit};w=${limits.windowSeconds}`;
    headers["ratelimit-remaining"] = `${limits.remaining};w=${limits.windowSeconds}`;
  }
  const lie = faults.find("length")?.by ?? 0;
  if (!faults.some("chunked")) headers["content-length"] = String(body.length + lie);
  else if (method === "HEAD") headers["transfer-encoding"] = "chunked";
  response.writeHead(status, headers);
  if (method === "HEAD") return void response.end();
  response.flushHeaders();
  if (await sendBody(response, body, faults)) {
    if (lie > 0) response.socket?.end();
    else response.end();
  }
}

/** @returns whether the answer is to be ended; false where the fault is that it isn't */
async function sendBody(response: ServerResponse, body: Buffer, faults: StruckFaults): Promise<boolean> {
  const stall = faults.find("stall-in-body")?.afterBytes ?? Infinity;
  const cut = faults.find("cut")?.afterBytes ?? Infinity;
  const end = Math.min(stall, cut, body.length);
  const hold = faults.find("hold");
  const rate = faults.find("slow")?.bytesPerSecond;
  const step = rate === undefined ? 256 * 1024 : Math.max(1, Math.ceil(rate / 20));
  for (let at = 0; at < end; at += step) {
    if (hold && at >= hold.afterBytes) await hold.until;
    if (response.destroyed) return false;
    if (!response.write(body.subarray(at, Math.min(at + step, end)))) await drained(response);
    if (rate !== undefined) await delay(50);
  }
  if (stall <= body.length) return false;
  if (cut > body.length) return true;
  // What was written leaves before the connection breaks.
  await delay(20);
  response.socket?.destroy();
  return false;
}

async function drained(response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  const { signal } = gone;
  await Promise.race([once(response, "drain", { signal }), once(response, "close", { signal })]).catch(
    () => undefined,
  );
  gone.abort();
}
