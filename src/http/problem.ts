// Errors of the admin API in the form of RFC 9457; the registry's own addresses answer in the spec's. Written by
// middleware/error-response.ts alone.
import type { OciError } from "../oci/oci-error.ts";

export const problemMediaType = "application/problem+json";

/** What of a request's input can't be accepted, and where. */
export interface InputFault {
  /** `actions.0`; empty for the body as a whole. */
  readonly path: string;
  readonly message: string;
}

export interface Problem {
  /** The same for the same kind of error: what a program looks at. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly requestId: string;
  readonly errors?: unknown;
}

/** Whether errors of this address are problems. */
export function answersProblems(path: string): boolean {
  return path === "/api" || path.startsWith("/api/");
}

export function problemBody({ kind, status, message, detail }: OciError, requestId: string): Problem {
  const more = new Map<string, unknown>(Object.entries(detail ?? {}));
  const reason = more.get("reason");
  const errors = more.get("errors");
  return {
    type: `urn:berth:problem:${kind.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    title: message,
    status,
    ...(typeof reason === "string" && { detail: reason }),
    requestId,
    ...(errors !== undefined && { errors }),
  };
}
