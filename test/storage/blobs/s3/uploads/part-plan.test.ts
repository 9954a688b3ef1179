import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bytesOfPart,
  mayBeShort,
  mebibyte,
  planParts,
  type PartPlan,
} from "../../../../../storage/blobs/s3/uploads/part-plan.ts";

const tebibyte = 1024 ** 4;

function capacity(plan: PartPlan): number {
  let bytes = 0;
  for (let number = 1; number <= 10_000; number += 1) bytes += bytesOfPart(plan, number);
  return bytes;
}

describe("the plan of parts", () => {
  it.each([
    ["of unknown length", planParts({}), 16, 1.1 * tebibyte],
    ["with equal parts", planParts({ equalParts: true }), 32, 312 * 1024 * mebibyte],
    ["of 10 GiB", planParts({}, 10 * 1024 * mebibyte), 16, 1.1 * tebibyte],
    ["of 1 TiB", planParts({}, tebibyte), 117, 1.1 * tebibyte],
  ])("%s holds what it promises", (_, plan, firstMebibytes, bytes) => {
    expect(bytesOfPart(plan, 1)).toBe(firstMebibytes * mebibyte);
    expect(capacity(plan)).toBeGreaterThanOrEqual(bytes);
  });

  it("holds every known length up to 5 TiB", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 * tebibyte }), (length) => {
        expect(capacity(planParts({}, length))).toBeGreaterThanOrEqual(length);
      }),
      { numRuns: 20 },
    );
  });

  it("cuts no part short where all have to be equal, where it is too small, or where too few are left", () => {
    expect(mayBeShort(planParts({ equalParts: true }), 1, 6 * mebibyte)).toBe(false);
    expect(mayBeShort(planParts({}), 1, 5 * mebibyte - 1)).toBe(false);
    expect(mayBeShort(planParts({}), 1, 5 * mebibyte)).toBe(true);
    expect(mayBeShort(planParts({}), 5001, 5 * mebibyte)).toBe(false);
  });

  it("says clearly that an object can't have more parts", () => {
    expect(() => bytesOfPart(planParts({ equalParts: true }), 10_001)).toThrow(
      "at most 10000 parts, here of up to 32 MiB",
    );
  });
});
