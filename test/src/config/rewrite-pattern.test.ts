// Which regular expressions are accepted for names that clients choose.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { patternFault, replacementFault } from "../../../src/config/rewrite-pattern.ts";

describe("an expression", () => {
  it.each([
    "(.*)",
    "coredns/coredns:v(.*)",
    "(.*)/(.*):(.*)",
    "library/([a-z]{1,3})",
    "(?:k8s/)?(.*)",
    "[^/]+/(.*)",
    String.raw`a\.b\+(.+)`,
    "(a|b)/(.*)",
    "[)*+]+",
  ])("%s is accepted", (pattern) => {
    expect(patternFault(pattern)).toBeUndefined();
  });

  it.each([
    ["(", "is no regular expression"],
    ["a)(b", "is no regular expression"],
    ["[", "is no regular expression"],
    ["(a+)+", "must not repeat a group"],
    ["(a|a)*b", "must not repeat a group"],
    ["(.*){5}", "must not repeat a group"],
    [String.raw`(a)\1`, "must not refer back"],
    [String.raw`(?<n>a)\k<n>`, "must not refer back"],
    [".*.*.*.*", "at most 3 repetitions"],
    ["a{1,}b*c+d+", "at most 3 repetitions"],
    ["a?".repeat(30) + "a".repeat(30), "at most 8 choices"],
    ["(a|a)".repeat(9), "at most 8 choices"],
    ["a".repeat(201), "at most 200 characters"],
  ])("%s is not", (pattern, fault) => {
    expect(patternFault(pattern)).toContain(fault);
  });

  it("that is accepted needs few steps on any name", () => {
    const token = fc.constantFrom(
      "a",
      "b",
      ".",
      "[ab]",
      "*",
      "+",
      "?",
      "(",
      ")",
      "|",
      "{2}",
      "{1,}",
      "/",
      "a*",
    );
    const pattern = fc.array(token, { maxLength: 10 }).map((tokens) => tokens.join(""));
    const name = `${"a".repeat(255)}!`;
    fc.assert(
      fc.property(pattern, (text) => {
        // one that is exponential would not come back
        expect(
          patternFault(text) !== undefined || !new RegExp(`^(?:${text})$`).test(name) || text.includes("."),
        ).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });
});

describe("a replacement", () => {
  it.each([
    ["(.*)", "x/$1", undefined],
    ["(?:.*)", "x/$1", "names $1, and the expression has no groups"],
    ["(.*)", "x/$2", "names $2, and the expression has one group"],
    ["(.*)/(.*)", "$3", "names $3, and the expression has 2 groups"],
    ["(.*)", "$0", "names $0, and the expression has one group"],
    ["(.*)", "plain", undefined],
  ])("of %s by %s: %s", (pattern, replacement, fault) => {
    expect(replacementFault(pattern, replacement)).toBe(fault);
  });
});
