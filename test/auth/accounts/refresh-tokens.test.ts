// Refresh tokens last as long as the password that they stand for, and no longer than they were given for.
import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { AccessError } from "../../../auth/access-error.ts";
import { passwordMark } from "../../../auth/accounts/password-mark.ts";
import { RefreshTokens } from "../../../auth/accounts/refresh-tokens.ts";
import { hashSecret, isSecret } from "../../../auth/accounts/secrets.ts";
import type { AccountHolder } from "../../../auth/principal.ts";
import { openAccounts, principalOf, start } from "./open-accounts.ts";

const refreshSeconds = 3600;

async function openRefreshTokens(marks?: Map<string, string>) {
  const accounts = await openAccounts();
  const htpasswd = marks && { markOf: async (name: string) => marks.get(name) };
  const refreshTokens = new RefreshTokens({ ...accounts, htpasswd, refreshSeconds, randomBytes });
  const ada = principalOf("user", await accounts.users.create({ name: "ada", password: "correct horse" }));
  const fay = principalOf("user", await accounts.users.create({ name: "fay" }));
  /** What a login by the password that counts now leads to. */
  const issue = async (account: AccountHolder): Promise<string> => {
    const { passwordHash } = (await accounts.access.accounts.findById(account.id)) ?? {};
    const mark = await passwordMark(account.name, passwordHash, htpasswd);
    return refreshTokens.issue(account, mark ?? "none");
  };
  return { ...accounts, refreshTokens, issue, ada, fay };
}

type Open = Awaited<ReturnType<typeof openRefreshTokens>>;

describe("a refresh token", () => {
  it("gives back who it was issued to, as often as it is shown", async () => {
    const { refreshTokens, issue, ada } = await openRefreshTokens();
    const token = await issue(ada);
    expect(token).toMatch(/^berth_refresh_/);
    expect(isSecret(token)).toBe(true);
    expect(await refreshTokens.redeem(token)).toEqual(ada);
    expect(await refreshTokens.redeem(token)).toEqual(ada);
  });

  it("is kept hashed, and ends after refreshSeconds", async () => {
    const { refreshTokens, issue, ada, access, clock } = await openRefreshTokens();
    const token = await issue(ada);
    const [kept] = await access.secrets.list(ada.id);
    expect(kept).toMatchObject({ kind: "refresh", expiresAt: start + refreshSeconds * 1000 });
    expect(kept?.hash).toEqual(hashSecret(token));
    clock.now = start + refreshSeconds * 1000 - 1;
    expect(await refreshTokens.redeem(token)).toEqual(ada);
    clock.now += 1;
    expect(await refreshTokens.redeem(token)).toBeUndefined();
  });

  it.each<[string, (open: Open) => Promise<unknown>]>([
    ["the account is disabled", ({ users }) => users.change("ada", { disabled: true })],
    ["the account is deleted", ({ users }) => users.delete("ada")],
    ["the password is changed", ({ users }) => users.setPassword("ada", "another horse")],
    [
      "the password is taken away",
      ({ access, ada }) => access.accounts.change(ada.id, { passwordHash: undefined }),
    ],
  ])("is worth nothing once %s", async (_, change) => {
    const open = await openRefreshTokens();
    const token = await open.issue(open.ada);
    await change(open);
    expect(await open.refreshTokens.redeem(token)).toBeUndefined();
  });

  it("is worth nothing when its password was changed between the check and the issue", async () => {
    const { refreshTokens, access, users, ada } = await openRefreshTokens();
    const { passwordHash } = (await access.accounts.findById(ada.id)) ?? {};
    const checked = await passwordMark("ada", passwordHash, undefined);
    await users.setPassword("ada", "another horse");
    expect(await refreshTokens.redeem(await refreshTokens.issue(ada, checked ?? ""))).toBeUndefined();
  });

  it.each<[string, (token: string) => string]>([
    ["nothing", () => ""],
    ["a cut one", (token) => token.slice(0, -1)],
    ["one with a wrong checksum", (token) => token.slice(0, -1) + (token.endsWith("0") ? "1" : "0")],
    ["a text that is none", () => "correct horse"],
  ])("is not %s", async (_, shown) => {
    const { refreshTokens, issue, ada } = await openRefreshTokens();
    const token = await issue(ada);
    expect(await refreshTokens.redeem(shown(token))).toBeUndefined();
  });

  it("is neither a user's access token nor a robot's secret", async () => {
    const { refreshTokens, tokens, robots } = await openRefreshTokens();
    // labelled as refresh tokens are
    const { secret: personal } = await tokens.create("ada", { label: "password", actions: ["pull"] });
    const { secret: robot } = await robots.create({ name: "ci", actions: ["pull"] });
    expect(await refreshTokens.redeem(personal)).toBeUndefined();
    expect(await refreshTokens.redeem(robot)).toBeUndefined();
  });

  it("is one of fifty: the oldest goes when one more is issued", async () => {
    const { refreshTokens, issue, ada, access, clock } = await openRefreshTokens();
    const issued: string[] = [];
    for (let count = 0; count < 51; count++) {
      clock.now += 1;
      issued.push(await issue(ada));
    }
    expect(await access.secrets.list(ada.id, "refresh")).toHaveLength(50);
    expect(await refreshTokens.redeem(issued[0] ?? "")).toBeUndefined();
    expect(await refreshTokens.redeem(issued[1] ?? "")).toEqual(ada);
    expect(await refreshTokens.redeem(issued[50] ?? "")).toEqual(ada);
  });

  it("is not issued to an account that is gone", async () => {
    const { refreshTokens, users, ada } = await openRefreshTokens();
    await users.delete("ada");
    const outcome = await refreshTokens.issue(ada, "mark").catch((error: unknown) => error);
    expect(outcome).toBeInstanceOf(AccessError);
    expect(outcome).toMatchObject({ code: "unknown" });
  });

  it("is worth nothing for a user without a password anywhere", async () => {
    const { refreshTokens, issue, fay } = await openRefreshTokens();
    expect(await refreshTokens.redeem(await issue(fay))).toBeUndefined();
  });
});

describe("a refresh token of a user of the htpasswd file", () => {
  it("lasts while the entry is the same, and no longer", async () => {
    const marks = new Map([["fay", "first"]]);
    const { refreshTokens, issue, fay } = await openRefreshTokens(marks);
    const token = await issue(fay);
    expect(await refreshTokens.redeem(token)).toEqual(fay);
    marks.set("fay", "second");
    expect(await refreshTokens.redeem(token)).toBeUndefined();
    marks.set("fay", "first");
    expect(await refreshTokens.redeem(token)).toEqual(fay);
    marks.delete("fay");
    expect(await refreshTokens.redeem(token)).toBeUndefined();
  });

  it("does not outlive its entry on the strength of the account's own password, nor the other way round", async () => {
    const marks = new Map([["ada", "entry"]]);
    const { refreshTokens, issue, ada } = await openRefreshTokens(marks);
    const ofEntry = await issue(ada);
    marks.delete("ada");
    expect(await refreshTokens.redeem(ofEntry)).toBeUndefined();
    const ofAccount = await issue(ada);
    expect(await refreshTokens.redeem(ofAccount)).toEqual(ada);
    marks.set("ada", "entry");
    expect(await refreshTokens.redeem(ofAccount)).toBeUndefined();
  });
});
