// What checks say about an answer. Each throws RequirementFailed with the request, what was wanted and what came.
import { RequirementFailed } from "./check.ts";
import type { Answer } from "./http-client.ts";

/** The codes that the spec lists; an error body has no others. */
const specCodes = [
  "BLOB_UNKNOWN",
  "BLOB_UPLOAD_INVALID",
  "BLOB_UPLOAD_UNKNOWN",
  "DIGEST_INVALID",
  "MANIFEST_BLOB_UNKNOWN",
  "MANIFEST_INVALID",
  "MANIFEST_UNKNOWN",
  "NAME_INVALID",
  "NAME_UNKNOWN",
  "SIZE_INVALID",
  "UNAUTHORIZED",
  "DENIED",
  "UNSUPPORTED",
  "TOOMANYREQUESTS",
];

export const isSpecCode = (code: string): boolean => specCodes.includes(code);

export function failed(answer: Answer, wanted: string): RequirementFailed {
  return new RequirementFailed(`${answer.request}: ${wanted}`);
}

export function expectStatus(answer: Answer, ...wanted: readonly number[]): void {
  if (!wanted.includes(answer.status))
    throw failed(answer, `wanted ${wanted.join(" or ")}, got ${statusText(answer)}`);
}

/** The status, with the error's code where there is one. */
export function statusText(answer: Answer): string {
  const [error] = errorsOf(answer) ?? [];
  return typeof error?.code === "string" ? `${answer.status} ${error.code}` : String(answer.status);
}

/** The header's value; fails when it is missing or empty, or unlike `wanted`. */
export function expectHeader(answer: Answer, name: string, wanted?: string | RegExp): string {
  const value = answer.header(name);
  if (value === undefined || value === "") throw failed(answer, `has no ${name} header`);
  const fits = wanted === undefined || (typeof wanted === "string" ? value === wanted : wanted.test(value));
  if (!fits) throw failed(answer, `${name} is ${JSON.stringify(value)}, wanted ${String(wanted)}`);
  return value;
}

export function expectNoHeader(answer: Answer, name: string): void {
  const value = answer.header(name);
  if (value !== undefined) throw failed(answer, `has ${name}: ${value}, wanted none`);
}

export function expectBytes(answer: Answer, wanted: Buffer): void {
  if (answer.body.equals(wanted)) return;
  const at = wanted.findIndex((byte, position) => answer.body[position] !== byte);
  const where = at === -1 ? `goes on after ${wanted.length} bytes` : `differs at byte ${at}`;
  throw failed(answer, `the body (${answer.body.length} bytes, wanted ${wanted.length}) ${where}`);
}

/** An absent digest header is allowed; a wrong one never is. */
export function expectNoOtherDigest(answer: Answer, digest: string): void {
  const given = answer.header("docker-content-digest");
  if (given !== undefined && given !== digest)
    throw failed(answer, `Docker-Content-Digest is ${given}, wanted ${digest}`);
}

/** One of the codes stands in the error body. */
export function expectCode(answer: Answer, ...wanted: readonly string[]): void {
  const codes = (errorsOf(answer) ?? []).map(({ code }) => String(code));
  if (!codes.some((code) => wanted.includes(code))) {
    throw failed(answer, `wanted the code ${wanted.join(" or ")}, got ${codes.join(", ") || "none"}`);
  }
}

export function expectEqual(answer: Answer, what: string, got: unknown, wanted: unknown): void {
  const [left, right] = [JSON.stringify(got), JSON.stringify(wanted)];
  if (left !== right) throw failed(answer, `${what} is ${left}, wanted ${right}`);
}

/** The `Location`, made absolute. */
export function expectLocation(answer: Answer): string {
  return new URL(expectHeader(answer, "location"), answer.url).href;
}

export function expectJson(answer: Answer): Readonly<Record<string, unknown>> {
  const value = jsonOf(answer);
  if (value === undefined) throw failed(answer, "the body is not a JSON object");
  return value;
}

interface ErrorEntry {
  readonly code?: unknown;
  readonly message?: unknown;
}

/** The list in `{"errors":[…]}`, or undefined when the body is something else. */
export function errorsOf(answer: Answer): readonly ErrorEntry[] | undefined {
  const errors = jsonOf(answer)?.["errors"];
  return Array.isArray(errors)
    ? (errors as ErrorEntry[]).filter((entry) => typeof entry === "object")
    : undefined;
}

export function jsonOf({ body }: Answer): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
