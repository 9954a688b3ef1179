// A connection is never closed while its request's body is still on its way: the client's kernel would be told that
// nobody listens any more, and the client shows its user a broken pipe in place of our answer. skopeo, podman and buildah
// send `Connection: close` with what they push; node closes at once after an answer to that.
import type { IncomingMessage, ServerResponse } from "node:http";
import { finished } from "node:stream";
import { hasBody } from "./request-body.ts";

/** A client that neither goes on nor hangs up for so long is not waited for; it may have waited for a 100 Continue. */
const silenceMilliseconds = 5000;

/**
 * Sees to it that the connection is closed after this request's answer, if the client wants that or the server is on its
 * way out by then: at once when the request is complete, else when the rest of it has come (RFC 9112 §9.6).
 * @param draining whether the server is on its way out
 */
export function closeInTime(
  request: IncomingMessage,
  response: ServerResponse,
  draining: () => boolean,
): void {
  const asked = !response.shouldKeepAlive;
  if (!hasBody(request)) {
    if (draining()) response.setHeader("connection", "close");
    return;
  }
  response.shouldKeepAlive = true;
  response.once("finish", () => {
    const { socket } = request;
    const closes = (): boolean => asked || draining();
    const close = (): void => {
      if (closes()) socket.destroySoon();
    };
    if (request.complete) return close();
    finished(request, { writable: false }, close);
    if (closes()) socket.setTimeout(silenceMilliseconds);
    // Node discards a body that nobody touched, but not the rest of one that was refused halfway.
    request.resume();
  });
}
