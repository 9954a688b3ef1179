import { expect, it } from "vitest";
import { parseTag } from "../../../src/oci/reference.ts";
import { referrersTagOf } from "../../../src/oci/referrers-tag.ts";
import { digestOf } from "../../../storage/digest.ts";

it.each([
  ["sha256", /^sha256-[0-9a-f]{64}$/],
  ["sha512", /^sha512-[0-9a-f]{64}$/],
] as const)("what refers to a %s is listed under a tag with 64 of its digits", (algorithm, form) => {
  const subject = digestOf(Buffer.from("subject"), algorithm);
  const tag = referrersTagOf(subject);
  expect(tag).toMatch(form);
  expect(subject.replace(":", "-").startsWith(tag)).toBe(true);
  expect(parseTag(tag)).toBe(tag);
});
