// Patterns over names and tags, against a regular expression that says the same.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyGlobMatcher, globMatcher } from "../../../src/oci/glob.ts";

const table: readonly (readonly [pattern: string, text: string, fits: boolean])[] = [
  ["library/alpine", "library/alpine", true],
  ["library/alpine", "library/alpine2", false],
  ["library/*", "library/alpine", true],
  ["library/*", "library/", true],
  ["library/*", "library", false],
  ["library/*", "other/alpine", false],
  ["library/*", "library/a/b", false],
  ["library/**", "library/a/b", true],
  ["**/secret", "a/b/secret", true],
  ["**/secret", "secret", false],
  ["**secret", "secret", true],
  ["**", "a/b/c", true],
  ["*", "a", true],
  ["*", "a/b", false],
  ["*", "", true],
  ["", "", true],
  ["", "a", false],
  ["v*", "v1.2.3", true],
  ["*.*.*", "1.2.3-rc.1", true],
  ["*.*.*", "1.2", false],
  ["*-*/app", "a-b/app", true],
  ["a**b*c", "a/x/b/y/bzc", true],
  ["library/*:latest", "library/alpine:latest", true],
  ["library/*:latest", "library/alpine:edge", false],
  ["a.b", "axb", false],
  ["a+", "aa", false],
  ["(a|b)", "a", false],
];

describe("a pattern", () => {
  it.each(table)("%j on %j: %s", (pattern, text, fits) => {
    expect(globMatcher(pattern)(text)).toBe(fits);
  });

  it("means what the regular expression of the same words means", () => {
    const character = fc.constantFrom("a", "b", "/", "*", "**", ".");
    const words = fc.array(character, { maxLength: 8 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(words, words, (pattern, text) => {
        const source = pattern
          .replaceAll(".", "\\.")
          .replaceAll(/\*+/g, (stars) => (stars.length > 1 ? ".*" : "[^/]*"));
        expect(globMatcher(pattern)(text)).toBe(new RegExp(`^${source}$`).test(text));
      }),
      { numRuns: 2000 },
    );
  });

  it("that would take a regular expression for ever is answered at once", () => {
    expect(globMatcher(`${"a**".repeat(60)}b`)("a".repeat(500))).toBe(false);
  });

  it("is one of several", () => {
    const fits = anyGlobMatcher(["a/*", "b"]);
    expect(["a/x", "b", "c", "a"].map(fits)).toEqual([true, true, false, false]);
    expect(anyGlobMatcher([])("a")).toBe(false);
  });
});
