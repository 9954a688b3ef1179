// Clocks that do not agree: what is tolerated, and that it is told (REQ-54).
import { describe, expect, it } from "vitest";
import { tokenClaims } from "../../../auth/tokens/token-claims.ts";

const now = 1_800_000_000;
const judge = (iat: number, backdatedSeconds = 0) => {
  const told: number[] = [];
  const onSkew = (seconds: number) => void told.push(seconds);
  const payload = { iss: "berth", aud: "berth", sub: "ann", exp: now + 300, iat };
  const claims = () =>
    tokenClaims(payload, { issuer: "berth", service: "berth", onSkew, backdatedSeconds }, now * 1000);
  return { claims, told };
};

describe("a token whose issuer's clock is ahead", () => {
  it.each([
    [0, []],
    [1, []],
    [45, [45]],
    [60, [60]],
  ])("by %d s is good, and the skew is told: %j", (seconds, expected) => {
    const { claims, told } = judge(now + seconds);
    expect(claims().subject).toBe("ann");
    expect(told).toEqual(expected);
  });

  it("by 90 s is refused, and the skew is told all the same", () => {
    const { claims, told } = judge(now + 90);
    expect(claims).toThrow(/do the clocks agree/);
    expect(told).toEqual([90]);
  });

  it("and that sets the time of issue back, is found out nevertheless", () => {
    const { claims, told } = judge(now - 15, 60);
    expect(claims().subject).toBe("ann");
    expect(told).toEqual([45]);
  });

  it("behind is not told apart from a token that is some minutes old", () => {
    const { claims, told } = judge(now - 200, 60);
    expect(claims().subject).toBe("ann");
    expect(told).toEqual([]);
  });
});
