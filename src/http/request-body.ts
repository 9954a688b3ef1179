// The way to a request's body, and the only one: a client that sent `Expect: 100-continue` is told to go on when a
// handler asks for the body, that is after the request was found to be allowed.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Context } from "koa";
import { OciError } from "../oci/oci-error.ts";

const waiting = new WeakSet<IncomingMessage>();

/** To be called for node's `checkContinue` event, before the request is handled. */
export function holdContinue(request: IncomingMessage): void {
  waiting.add(request);
}

function releaseContinue(request: IncomingMessage, response: ServerResponse): void {
  if (waiting.delete(request)) response.writeContinue();
}

export function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

export function bodyStream(ctx: Context): IncomingMessage {
  releaseContinue(ctx.req, ctx.res);
  return ctx.req;
}

/**
 * The whole body, for manifests alone.
 * @throws OciError manifestTooLarge as soon as `maxBytes` is announced or exceeded
 */
export async function bodyBytes(ctx: Context, maxBytes: number): Promise<Buffer> {
  const tooLarge = () =>
    new OciError("manifestTooLarge", { detail: { maxBytes }, headers: { connection: "close" } });
  if (Number(ctx.req.headers["content-length"] ?? 0) > maxBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  // Not destroyed on the way out: a request that is destroyed takes its connection along, and the answer with it.
  for await (const chunk of bodyStream(ctx).iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
