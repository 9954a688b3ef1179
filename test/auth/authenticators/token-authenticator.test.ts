// A signed token becomes a caller as long as the account behind it counts.
import { describe, expect, it } from "vitest";
import { TokenAuthenticator } from "../../../auth/authenticators/token-authenticator.ts";
import { anonymous, type AccountHolder } from "../../../auth/principal.ts";
import { ann, openTokens, pullApp, start, tokenSeconds } from "../tokens/open-tokens.ts";

const from = { address: "192.0.2.1" };

async function openAuthenticator() {
  const parts = await openTokens();
  const inactive = new Set<string>();
  const directory = { isActive: async ({ id }: AccountHolder) => !inactive.has(id) };
  const authenticator = new TokenAuthenticator({ verifier: parts.verifier, directory });
  const show = async (principal: AccountHolder | typeof anonymous) => {
    const { token } = await parts.issuer.issue({ principal, scopes: [pullApp] });
    return { kind: "bearer", token } as const;
  };
  return { ...parts, inactive, authenticator, show };
}

const grant = { kind: "scopes", scopes: [pullApp] };

describe("who shows a token of Berth", () => {
  it("is its holder, with what it carries", async () => {
    const { authenticator, show } = await openAuthenticator();
    const caller = { principal: ann, grant };
    expect(await authenticator.authenticate(await show(ann), from)).toEqual({ outcome: "accepted", caller });
  });

  it("is refused at the next request when the account is disabled or gone", async () => {
    const { authenticator, show, inactive } = await openAuthenticator();
    const credentials = await show(ann);
    await authenticator.authenticate(credentials, from);
    inactive.add(ann.id);
    for (const acceptExpired of [false, true]) {
      expect(await authenticator.authenticate(credentials, { ...from, acceptExpired })).toEqual({
        outcome: "refused",
        reason: "the account of this token is disabled, expired or deleted",
      });
    }
  });

  it("may be anonymous, who has no account to lose", async () => {
    const { authenticator, show, inactive } = await openAuthenticator();
    inactive.add(ann.id);
    const caller = { principal: anonymous, grant };
    expect(await authenticator.authenticate(await show(anonymous), from)).toEqual({
      outcome: "accepted",
      caller,
    });
  });

  it("is accepted with an expired one only where that is asked for", async () => {
    const { authenticator, show, clock } = await openAuthenticator();
    const credentials = await show(ann);
    clock.now = start + (tokenSeconds + 90) * 1000;
    const outcome = async (acceptExpired?: boolean) =>
      (
        await authenticator.authenticate(credentials, {
          ...from,
          ...(acceptExpired === undefined ? {} : { acceptExpired }),
        })
      ).outcome;
    expect([await outcome(), await outcome(false), await outcome(true)]).toEqual([
      "refused",
      "refused",
      "accepted",
    ]);
  });

  it.each([
    { kind: "none" },
    { kind: "basic", name: "ann", secret: "secret" },
    { kind: "bearer", token: "secret" },
    { kind: "bearer", token: "" },
  ] as const)("is refused with %j, and the answer repeats nothing of it", async (credentials) => {
    const { authenticator } = await openAuthenticator();
    const result = await authenticator.authenticate(credentials, from);
    expect(result.outcome).toBe("refused");
    expect(JSON.stringify(result)).not.toContain("secret");
  });

  it("learns that the keys can't be read as an error, not as a refusal", async () => {
    const { authenticator, show, access, revision } = await openAuthenticator();
    const credentials = await show(ann);
    access.signingKeys.list = () => Promise.reject(new Error("the disk is gone"));
    await access.groups.create({ id: "g", name: "g", description: "", createdAt: 0 });
    await revision.refresh();
    await expect(authenticator.authenticate(credentials, from)).rejects.toThrow("the disk is gone");
  });
});
