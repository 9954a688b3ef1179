// Compares what was read with what there is, quickly, and with a short word where they differ.
import { expect } from "vitest";
import { digestOf } from "../../../../storage/digest.ts";

export function expectBytes(read: Buffer | Error | undefined, expected: Buffer): void {
  const told = Buffer.isBuffer(read) ? `${read.length} bytes, ${digestOf(read)}` : String(read);
  expect(told).toBe(`${expected.length} bytes, ${digestOf(expected)}`);
}
