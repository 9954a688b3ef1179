// The only writer of errors. Whatever was thrown answers in the spec's JSON shape ("Error Codes"), or on the admin API as
// a problem (RFC 9457), with the request id; an answer that has already begun is cut, never ended as if it were whole.
import type { Context, Middleware } from "koa";
import { AccessError, type AccessErrorCode } from "../../../auth/access-error.ts";
import { isStorageError } from "../../../storage/storage-error.ts";
import type { Logger } from "../../observability/logger.ts";
import { OciError, type OciErrorKind } from "../../oci/oci-error.ts";
import { answersProblems, problemBody, problemMediaType } from "../problem.ts";
import type { RequestState } from "./request-id.ts";

export function errorResponse(logger: Logger): Middleware<RequestState> {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      const known = translate(error);
      if (known.status >= 500 || known.kind === "storageFull")
        logger.error({ err: error, requestId: ctx.state.requestId }, known.message);
      if (ctx.headerSent || ctx.respond === false) {
        ctx.res.destroy();
        return;
      }
      writeError(ctx, known);
    }
  };
}

function writeError(ctx: Context, error: OciError): void {
  ctx.status = error.status;
  ctx.remove("content-encoding");
  ctx.set(error.headers as Record<string, string>);
  ctx.set("cache-control", "no-store");
  const { requestId } = ctx.state as RequestState;
  if (answersProblems(ctx.path)) {
    ctx.body = problemBody(error, requestId);
    ctx.set("content-type", problemMediaType);
  } else {
    ctx.body = errorBody(error, requestId);
  }
}

export function errorBody({ code, message, detail }: OciError, requestId: string): object {
  const sentence = [message, ...reasonIn(detail)].join(": ");
  return { errors: [{ code, message: sentence, ...(detail === undefined ? {} : { detail }) }], requestId };
}

/** Of an error docker, skopeo and the rest show their user the message alone: which right is missing must stand there. */
function reasonIn(detail: unknown): string[] {
  const { reason } = Object(detail) as { reason?: unknown };
  return typeof reason === "string" ? [reason] : [];
}

function translate(error: unknown): OciError {
  if (error instanceof OciError) return error;
  if (error instanceof AccessError) return fromAccessError(error);
  if (isStorageError(error, "full"))
    return new OciError("storageFull", { detail: { reason: error.message }, cause: error });
  if (isStorageError(error, "busy"))
    return new OciError("busy", { cause: error, headers: { "retry-after": "1" } });
  // Koa and the router throw http-errors for what they cannot parse, such as %zz in a path.
  if (error instanceof Error && "status" in error && error.status === 400)
    return new OciError("requestInvalid", { cause: error });
  return new OciError("internal", { cause: error });
}

const kindsOfAccessErrors: Record<AccessErrorCode, OciErrorKind> = {
  unknown: "accountUnknown",
  taken: "nameTaken",
  invalid: "inputInvalid",
  needed: "stillNeeded",
  busy: "tooManyAttempts",
};

/** Its sentence is meant for whoever asked. */
function fromAccessError(error: AccessError): OciError {
  return new OciError(kindsOfAccessErrors[error.code], {
    detail: { reason: error.message },
    cause: error,
    ...(error.code === "busy" && { headers: { "retry-after": "1" } }),
  });
}
