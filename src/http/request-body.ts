// The way to a request's body, and the only one: a client that sent `Expect: 100-continue` is told to go on when a
// handler asks for the body, that is after the request was found to be allowed.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Context } from "koa";
import { OciError } from "../oci/oci-error.ts";

/** Asked for once in a request's life. The server leaves this to us by listening for node's `checkContinue`. */
function letContinue({ headers, httpVersion }: IncomingMessage, response: ServerResponse): void {
  const waits = httpVersion === "1.1" && headers.expect?.toLowerCase() === "100-continue";
  if (waits && !response.headersSent) response.writeContinue();
}

export function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

/** What Content-Length says; undefined for a body whose length nobody knows yet. */
export function announcedBytes({ headers }: IncomingMessage): number | undefined {
  if (headers["transfer-encoding"] !== undefined) return undefined;
  return Number(headers["content-length"] ?? 0);
}

export function bodyStream(ctx: Context): IncomingMessage {
  letContinue(ctx.req, ctx.res);
  return ctx.req;
}

/**
 * The whole body, for what is small: manifests, forms, JSON.
 * @throws OciError `tooLarge` as soon as `maxBytes` is announced or exceeded; requestInvalid when the client left
 */
export async function bodyBytes(
  ctx: Context,
  maxBytes: number,
  tooLarge: "manifestTooLarge" | "bodyTooLarge" = "manifestTooLarge",
): Promise<Buffer> {
  // Not with `Connection: close`: closing in the middle of what the client sends resets the connection, and it sees that
  // instead of the answer. The server discards the rest.
  const refusal = () => new OciError(tooLarge, { detail: { maxBytes } });
  if (Number(ctx.req.headers["content-length"] ?? 0) > maxBytes) throw refusal();
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    // Not destroyed on the way out: a request that is destroyed takes its connection along, and the answer with it.
    for await (const chunk of bodyStream(ctx).iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) throw refusal();
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof OciError) throw error;
    throw new OciError("requestInvalid", { detail: { reason: "the body broke off" }, cause: error });
  }
  return Buffer.concat(chunks, size);
}
