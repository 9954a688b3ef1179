// Tokens with a good signature that say what we would not say: from a program of ours gone wrong, or a key shared too far.
import { describe, expect, it } from "vitest";
import { expectRefused, goodClaims, openTarget, seconds } from "./attack.ts";
import { base64url, mintText, mintToken } from "./minted-token.ts";
import { ann } from "./open-tokens.ts";

it("the claims that are twisted below are good as they are", async () => {
  const target = await openTarget();
  const token = mintToken(target.header, goodClaims, target.privateKey);
  expect(await target.verifier.verify(token)).toMatchObject({ outcome: "verified", principal: ann });
});

describe("a token that we signed with claims that are not ours", () => {
  const cases: [claims: object, reason: string][] = [
    [{ iss: "another" }, "the token is from another issuer"],
    [{ iss: ["berth"] }, "the token is from another issuer"],
    [{ iss: undefined }, "the token is from another issuer"],
    [{ aud: "another" }, "the token is for another service"],
    [{ aud: "registry " }, "the token is for another service"],
    [{ aud: ["a", "b"] }, "the token is for another service"],
    [{ aud: undefined }, "the token is for another service"],
    [{ aud: { 0: "registry" } }, "the token is for another service"],
    [{ iat: seconds + 90 }, "the token is of the future: do the clocks agree?"],
    [{ nbf: seconds + 90 }, "the token is not valid yet: do the clocks agree?"],
    ...[undefined, null, "", String(seconds + 300), true, [seconds + 300], -1, 1e13, 1e300].map(
      (exp): [object, string] => [{ exp }, "the token's claims are malformed"],
    ),
    ...["1", true, [], -1, 1e300].flatMap((time): [object, string][] => [
      [{ iat: time }, "the token's claims are malformed"],
      [{ nbf: time }, "the token's claims are malformed"],
    ]),
    ...[
      "repository:team/app:pull",
      { type: "repository", name: "team/app", actions: ["pull"] },
      ["repository:team/app:pull"],
      [null],
      [[]],
      [{}],
      [{ type: "repository", name: "team/app", actions: "pull" }],
      [{ type: "repository", name: "team/app", actions: [1] }],
      [{ type: "repository", name: "team/app", actions: { 0: "pull" } }],
      [{ type: "repository", name: ["team/app"], actions: ["pull"] }],
      [{ type: 1, name: "team/app", actions: ["pull"] }],
      [...goodClaims.access, { type: "repository" }],
    ].map((access): [object, string] => [{ access }, "the token's claims are malformed"]),
    ...[
      { sub: "" },
      { sub: 1 },
      { sub: ["ann"] },
      { principal: undefined },
      { principal: null },
      { principal: "user:u1" },
      { principal: [{ kind: "user", id: "u1" }] },
      { principal: { kind: "admin", id: "u1" } },
      { principal: { kind: "user" } },
      { principal: { kind: "user", id: "" } },
      { principal: { kind: "user", id: 1 } },
      { principal: { kind: "external", id: "u1" } },
      { principal: { kind: "anonymous" } },
    ].map((claims): [object, string] => [claims, "the token's claims are malformed"]),
  ];

  it.each(cases)("is refused: %j", async (claims, reason) => {
    const target = await openTarget();
    const token = mintToken(target.header, { ...goodClaims, ...claims }, target.privateKey);
    await expectRefused(target, token, reason);
  });

  it.each([
    ["exp", "NaN"],
    ["exp", "Infinity"],
    ["exp", "1e999"],
    ["exp", "-1e999"],
    ["exp", "0x7fffffff"],
  ])("is refused when %s is written as %s", async (name, number) => {
    const target = await openTarget();
    const json = JSON.stringify({ ...goodClaims, [name]: "HERE" }).replace('"HERE"', number);
    const { header, privateKey } = target;
    await expectRefused(target, mintText("ES256", base64url(header), base64url(json), privateKey));
  });

  it.each(["null", "[]", '"text"', "1", "", "{", "{}", '{"iss":"berth"}{}', "\u0000"])(
    "is refused when its claims are %j",
    async (json) => {
      const target = await openTarget();
      const { header, privateKey } = target;
      await expectRefused(target, mintText("ES256", base64url(header), base64url(json), privateKey));
    },
  );

  it("says what the last of two equal names says, to everything that reads it", async () => {
    const target = await openTarget();
    const twice = (name: string, first: unknown) =>
      JSON.stringify(goodClaims).replace("{", `{${JSON.stringify(name)}:${JSON.stringify(first)},`);
    const { header, privateKey } = target;
    for (const json of [twice("sub", "admin"), twice("aud", "another"), twice("exp", 1)]) {
      const verdict = await target.verifier.verify(
        mintText("ES256", base64url(header), base64url(json), privateKey),
      );
      expect(verdict).toMatchObject({ outcome: "verified", principal: ann });
    }
    const algTwice = `{"alg":"none",${JSON.stringify(header).slice(1)}`;
    const noneLast = `${JSON.stringify(header).slice(0, -1)},"alg":"none"}`;
    const [good, bad] = [algTwice, noneLast].map((text) =>
      mintText("ES256", base64url(text), base64url(goodClaims), privateKey),
    );
    expect(await target.verifier.verify(good ?? "")).toMatchObject({ outcome: "verified" });
    await expectRefused(target, bad ?? "");
  });
});
