// What `--expires` takes.
import { InvalidArgumentError } from "commander";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expiryTime, parseExpiry } from "../../../../src/cli/access/expiry.ts";
import { noon } from "../registry-at-hand.ts";

const day = 86_400_000;

describe("an expiry", () => {
  it.each([
    ["never", undefined],
    ["1h", noon + day / 24],
    ["90d", noon + 90 * day],
    ["8w", noon + 56 * day],
    ["2027-01-31", Date.parse("2027-01-31T00:00:00Z")],
    ["2028-02-29", Date.parse("2028-02-29T00:00:00Z")],
    ["2027-01-31T18:30Z", Date.parse("2027-01-31T18:30:00Z")],
    ["2027-01-31T18:30:15Z", Date.parse("2027-01-31T18:30:15Z")],
  ])("of %s is %s", (text, time) => {
    expect(expiryTime(parseExpiry(text), noon)).toBe(time);
  });

  it.each([
    ...["", "90", "d", "-1d", "1.5d", "90 d", "1m", "1y", "tomorrow", "Never", "1234567d"],
    ...["2027-02-29", "2027-02-31", "2027-13-01", "2027-00-10", "31.01.2027", "2027-1-31", "2027"],
    ...["2027-01-31T18:30", "2027-01-31T25:00Z", "2027-01-31T18:30+01:00", "constructor"],
  ])("is not %j", (text) => {
    expect(() => parseExpiry(text)).toThrow(InvalidArgumentError);
  });

  it("is the day that was written, whatever the day", () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date("2000-01-01"), max: new Date("2999-12-31"), noInvalidDate: true }),
        (date) => {
          const text = date.toISOString().slice(0, 10);
          expect(expiryTime(parseExpiry(text), noon)).toBe(Date.parse(`${text}T00:00:00Z`));
        },
      ),
    );
  });
});
