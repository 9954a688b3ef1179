// The two range grammars, at their edges; what they do is in blob-ranges and upload-order.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseContentRange, parseRange, uploadRange } from "../../../src/http/byte-range.ts";
import { OciError } from "../../../src/oci/oci-error.ts";

describe("a Range header", () => {
  it("gives a part within the blob, or all of it, or 416, whatever it says", () => {
    const bound = fc.oneof(
      fc.constant(""),
      fc.nat(40).map(String),
      fc.constant("99999999999999999999999"),
      fc.string(),
    );
    fc.assert(
      fc.property(bound, bound, fc.nat(20), (first, last, size) => {
        try {
          const range = parseRange(`bytes=${first}-${last}`, size);
          if (range === undefined) return;
          expect(range.start).toBeGreaterThanOrEqual(0);
          expect(range.end).toBeGreaterThanOrEqual(range.start);
          expect(range.end).toBeLessThan(size);
        } catch (error) {
          expect(error).toBeInstanceOf(OciError);
          expect(error).toMatchObject({ status: 416, headers: { "content-range": `bytes */${size}` } });
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("a Content-Range header", () => {
  it.each([
    ["", undefined],
    ["0-0", { at: 0, length: 1 }],
    ["10-19", { at: 10, length: 10 }],
    ["bytes 10-19/100", { at: 10, length: 10 }],
    ["bytes 10-19/*", { at: 10, length: 10 }],
    ["bytes=10-19", { at: 10, length: 10 }],
    ["999999999999998-999999999999999", { at: 999_999_999_999_998, length: 2 }],
  ])("%j says %j", (header, expected) => {
    expect(parseContentRange(header)).toEqual(expected);
  });

  it.each([
    "-",
    "1-",
    "-1",
    "2-1",
    "a-b",
    "0-1/x",
    "0 - 1",
    "0-1,2-3",
    "1e3-2e3",
    "0x0-0x1",
    "٠-١",
    "9".repeat(16),
  ])("%j says nothing that can be relied on", (header) => {
    expect(() => parseContentRange(header)).toThrow(OciError);
  });
});

describe("the Range of an upload", () => {
  it.each([
    [0, "0-0"],
    [1, "0-0"],
    [2, "0-1"],
    [1000, "0-999"],
  ])("after %d bytes is %s", (offset, expected) => {
    expect(uploadRange(offset)).toBe(expected);
  });
});
