// Tokens that are good, and when they stop to be.
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { anonymous, type AccountHolder } from "../../../auth/principal.ts";
import type { Scope } from "../../../auth/scope.ts";
import { scratchDirectory } from "../../support/scratch-directory.ts";
import { mintToken } from "./minted-token.ts";
import { ann, openTokens, pullApp, start, tokenSeconds } from "./open-tokens.ts";

const robot: AccountHolder = { kind: "robot", id: "r1", name: "ci.push" };
const catalog: Scope = { type: "registry", name: "catalog", actions: ["*"] };
const refused = { outcome: "refused", reason: "the token has expired" };

describe("a token of Berth", () => {
  it.each([
    ["a user's", ann, [pullApp]],
    ["a robot's", robot, [pullApp, catalog]],
    ["anonymous", anonymous, [pullApp]],
    ["without scopes", ann, []],
  ])("says who and what: %s", async (_, principal, scopes) => {
    for (const algorithm of ["ES256", "RS256"] as const) {
      const { issuer, verifier } = await openTokens({ algorithm });
      const { token } = await issuer.issue({ principal, scopes });
      const verdict = { outcome: "verified", principal, scopes, expired: false };
      expect(await verifier.verify(token)).toEqual(verdict);
      expect(await verifier.verify(token)).toEqual(verdict);
    }
  });

  it("is accepted with as many scopes of the longest names as the token server grants", async () => {
    const { issuer, verifier } = await openTokens();
    const nameOf = (index: number) => `team/${String(index).padStart(250, "a")}`;
    const scopes = Array.from({ length: 100 }, (_, index) => ({
      ...{ type: "repository", name: nameOf(index), actions: ["pull", "push", "delete"] },
    }));
    const { token } = await issuer.issue({ principal: ann, scopes });
    expect(await verifier.verify(token)).toMatchObject({ outcome: "verified", scopes });
  });

  it.each([
    [0, true],
    [45, true],
    [60, true],
    [60.001, false],
    [90, false],
    [86_400, false],
  ])("%d s after its expiry is accepted: %j", async (seconds, accepted) => {
    const { issuer, verifier, clock } = await openTokens();
    const { token } = await issuer.issue({ principal: ann, scopes: [] });
    const fresh = await issuer.issue({ principal: ann, scopes: [] });
    // One is remembered by then and one is not.
    await verifier.verify(token);
    clock.now = start + (tokenSeconds + seconds) * 1000;
    for (const one of [token, fresh.token]) {
      const verdict = await verifier.verify(one);
      expect(verdict).toEqual(
        accepted ? expect.objectContaining({ outcome: "verified", expired: false }) : refused,
      );
    }
  });

  it("is accepted after its expiry by those who ask for that, and by them alone", async () => {
    const { issuer, verifier, clock } = await openTokens();
    const { token } = await issuer.issue({ principal: ann, scopes: [pullApp] });
    clock.now = start + (tokenSeconds + 3600) * 1000;
    expect(await verifier.verify(token, { acceptExpired: true })).toEqual({
      outcome: "verified",
      principal: ann,
      scopes: [pullApp],
      expired: true,
    });
    expect(await verifier.verify(token, { acceptExpired: false })).toEqual(refused);
    expect(await verifier.verify(token)).toEqual(refused);
  });

  it.each([45, 60])("is accepted by a verifier whose clock is %d s behind or ahead", async (seconds) => {
    for (const way of [-1, 1]) {
      const { issuer, verifier, clock } = await openTokens();
      const { token } = await issuer.issue({ principal: ann, scopes: [] });
      clock.now = start + way * seconds * 1000;
      expect(await verifier.verify(token)).toMatchObject({ outcome: "verified" });
    }
  });

  it.each([
    ["nbf", 45, "verified"],
    ["nbf", 90, "refused"],
    ["iat", 45, "verified"],
    ["iat", 90, "refused"],
    ["nbf", -90, "verified"],
    ["iat", -90, "verified"],
  ])("whose %s is %d s ahead of the clock is %s", async (claim, seconds, outcome) => {
    const { keys, verifier } = await openTokens();
    const { kid, privateKey } = await keys.current();
    const claims = {
      ...{ iss: "berth", sub: "ann", aud: "registry", access: [], principal: { kind: "user", id: "u1" } },
      exp: start / 1000 + 300,
      [claim]: start / 1000 + seconds,
    };
    expect(await verifier.verify(mintToken({ alg: "ES256", kid }, claims, privateKey))).toMatchObject({
      outcome,
    });
  });
});

describe("verified tokens that are remembered", () => {
  it("cost no search for a key", async () => {
    const { issuer, verifier, searches } = await openTokens();
    const { token } = await issuer.issue({ principal: ann, scopes: [] });
    for (let i = 0; i < 10; i++) await verifier.verify(token);
    expect(searches()).toBe(1);
  });

  it("are forgotten when anything about accounts changes, in any process", async () => {
    const path = join(await scratchDirectory(), "db");
    const [one, other] = [await openTokens({ path }), await openTokens({ path })];
    const { token } = await one.issuer.issue({ principal: ann, scopes: [] });
    await one.verifier.verify(token);
    await other.access.groups.create({ id: "g", name: "g", description: "", createdAt: 0 });
    await one.revision.refresh();
    await one.verifier.verify(token);
    expect(one.searches()).toBe(2);
  });

  it("count no more when their key was taken away", async () => {
    const { issuer, verifier, access, revision } = await openTokens();
    const { token } = await issuer.issue({ principal: ann, scopes: [] });
    expect(await verifier.verify(token)).toMatchObject({ outcome: "verified" });
    await access.signingKeys.deleteExpired(Number.MAX_SAFE_INTEGER);
    await revision.refresh();
    expect(await verifier.verify(token)).toMatchObject({ outcome: "refused" });
  });

  it("are no more than so many", async () => {
    const { issuer, verifier, searches } = await openTokens({ maxRemembered: 2 });
    const issue = async () => (await issuer.issue({ principal: ann, scopes: [] })).token;
    const [first, second, third] = [await issue(), await issue(), await issue()];
    for (const token of [first, second, third, third, second, first]) await verifier.verify(token);
    expect(searches()).toBe(4);
  });

  it("are short: a long one is good, and verified each time", async () => {
    const { issuer, verifier, searches } = await openTokens();
    const scopes = Array.from({ length: 60 }, (_, i) => ({ ...pullApp, name: `team/application-${i}` }));
    const { token } = await issuer.issue({ principal: ann, scopes });
    for (let i = 0; i < 3; i++)
      expect(await verifier.verify(token)).toMatchObject({ outcome: "verified", scopes });
    expect(searches()).toBe(3);
  });

  it("are never refused ones", async () => {
    const { issuer, verifier, searches } = await openTokens({ maxRemembered: 1 });
    const { token } = await issuer.issue({ principal: ann, scopes: [] });
    await verifier.verify(token);
    for (let i = 0; i < 10; i++) await verifier.verify(`${token.slice(0, -10)}AAAAAAAA${i}A`);
    const before = searches();
    await verifier.verify(token);
    expect(searches()).toBe(before);
  });
});
