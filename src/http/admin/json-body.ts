// The body of a request to the admin API: JSON, small, and said to be JSON, since a browser sends that to nobody else's
// server without asking it first.
import type { Context } from "koa";
import { OciError } from "../../oci/oci-error.ts";
import { bodyBytes } from "../request-body.ts";
import { inputInvalid } from "./parse-input.ts";

const maxBytes = 64 * 1024;

/** @throws OciError inputInvalid, bodyTooLarge; requestInvalid when the client left */
export async function jsonBody(ctx: Context): Promise<unknown> {
  if (ctx.is("application/json") !== "application/json") {
    throw inputInvalid([{ path: "", message: "Send a JSON object with content-type: application/json" }]);
  }
  const bytes = await bodyBytes(ctx, maxBytes, "bodyTooLarge");
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    // The parser's own words would repeat what was sent, which may hold a password.
    const refusal = inputInvalid([{ path: "", message: "The body is not JSON in UTF-8" }]);
    throw new OciError(refusal.kind, { detail: refusal.detail, cause: error });
  }
}
