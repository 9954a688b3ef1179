// What is not HTTP, or too slow or too long in its headers, or in plain where TLS is spoken: no request exists that could
// be handled, yet the answer has the usual shape, with an id that the log has too. Apart from server.ts because it writes to a bare socket what Koa writes everywhere else.
import { randomUUID } from "node:crypto";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Logger } from "../observability/logger.ts";
import { OciError } from "../oci/oci-error.ts";
import { errorBody } from "./middleware/error-response.ts";

/**
 * Answers and closes the connection, which must not be in the middle of another answer.
 * @param error an OciError is answered as what it is, everything else as a request that could not be understood
 */
export function refuseUnparsable(error: NodeJS.ErrnoException, socket: Duplex, logger: Logger): void {
  const requestId = randomUUID();
  const known = error instanceof OciError ? error : undefined;
  const status = statusOf(error.code);
  const reason = known?.kind ?? error.code ?? error.message;
  const remote = socket instanceof Socket ? socket.remoteAddress : undefined;
  logger.info({ requestId, remote, status: Number(status.slice(0, 3)), reason }, "not a request");
  const refusal = known ?? new OciError("requestInvalid", { detail: { reason } });
  const body = JSON.stringify(errorBody(refusal, requestId));
  const headers = [
    `HTTP/1.1 ${status}`,
    "connection: close",
    "cache-control: no-store",
    "content-type: application/json; charset=utf-8",
    `content-length: ${Buffer.byteLength(body)}`,
    "docker-distribution-api-version: registry/2.0",
    `x-request-id: ${requestId}`,
  ];
  socket.end(`${headers.join("\r\n")}\r\n\r\n${body}`);
}

function statusOf(code: string | undefined): string {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return "431 Request Header Fields Too Large";
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return "408 Request Timeout";
    default:
      return "400 Bad Request";
  }
}
