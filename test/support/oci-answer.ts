// What tests read from an answer: its JSON, its one error, where it points.
import { expect } from "vitest";
import type { Answer } from "./http-request.ts";

export interface OciErrorEntry {
  readonly code: string;
  readonly message: string;
  readonly detail?: unknown;
}

export function jsonOf(answer: Answer): unknown {
  return JSON.parse(answer.body.toString("utf8"));
}

/** Holds the answer to the shape that every refusal has, and gives its error. */
export function expectError(answer: Answer, status: number, code: string): OciErrorEntry {
  expect(`${answer.status} ${answer.body.toString("utf8").slice(0, 300)}`).toMatch(
    new RegExp(`^${status} .*${code}`, "s"),
  );
  expect(answer.headers["content-type"]).toMatch(/^application\/json/);
  expect(answer.headers["docker-distribution-api-version"]).toBe("registry/2.0");
  const body = jsonOf(answer) as { errors: OciErrorEntry[]; requestId: string };
  expect(body.errors).toHaveLength(1);
  const [error] = body.errors;
  expect(error).toMatchObject({ code, message: expect.stringMatching(/\w/) as string });
  expect(body.requestId).toMatch(/^[\w.-]{1,64}$/);
  expect(answer.headers["x-request-id"]).toBe(body.requestId);
  return error!;
}

/** The Location header as path and query, whether it is absolute or not. */
export function locationOf(answer: Pick<Answer, "headers">): string {
  const { pathname, search } = new URL(answer.headers.location ?? "", "http://registry.invalid");
  return pathname + search;
}

/** Path and query of the next page, or undefined on the last one. */
export function nextPageOf(answer: Pick<Answer, "headers">): string | undefined {
  const link = answer.headers["link"];
  if (link === undefined) return undefined;
  const target = /^<([^>]+)>; rel="next"$/.exec(String(link))?.[1];
  if (target === undefined) throw new Error(`not a Link to a next page: ${String(link)}`);
  const { pathname, search } = new URL(target, "http://registry.invalid");
  return pathname + search;
}
