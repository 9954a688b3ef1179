// Access tokens that users make for themselves.
import { describe, expect, it } from "vitest";
import type { AccessErrorCode } from "../../../auth/access-error.ts";
import type { NewPersonalToken } from "../../../auth/accounts/personal-tokens.ts";
import { hashSecret, isSecret } from "../../../auth/accounts/secrets.ts";
import { openAccounts, start } from "./open-accounts.ts";
import { expectRefused } from "./refused.ts";

async function openWithUsers() {
  const accounts = await openAccounts();
  for (const name of ["ada", "bob"]) await accounts.users.create({ name });
  await accounts.robots.create({ name: "ci", actions: ["pull"] });
  return accounts;
}

describe("making an access token", () => {
  it.each<[string, NewPersonalToken, object]>([
    ["unlimited", { label: "laptop" }, { label: "laptop", actions: undefined, expiresAt: undefined }],
    ["limited", { label: "cron", actions: ["push", "pull"] }, { actions: ["pull", "push"] }],
    ["for a while", { label: "guest", expiresAt: start + 1 }, { expiresAt: start + 1 }],
  ])("makes one that is %s", async (_, wanted, expected) => {
    const { tokens, access } = await openWithUsers();
    const { token, secret } = await tokens.create("ada", wanted);
    expect(token).toMatchObject({ createdAt: start, lastUsedAt: undefined, ...expected });
    expect(await tokens.list("ada")).toEqual([token]);
    expect(isSecret(secret)).toBe(true);
    expect(secret).toMatch(/^berth_pat_/);
    const found = await access.secrets.findByHash(hashSecret(secret));
    expect(found).toMatchObject({ account: { name: "ada" }, secret: { kind: "personal", ...expected } });
  });

  const plain = { label: "laptop" };
  it.each<[string, string, NewPersonalToken, AccessErrorCode, RegExp]>([
    ["nobody", "nobody", plain, "unknown", /there is no user called nobody$/],
    ["a robot", "ci", plain, "unknown", /no user called ci: that is the name of a robot/],
    ["no label", "ada", { label: "" }, "invalid", /give a label of 1 to 100/],
    ["a blank label", "ada", { label: "  " }, "invalid", /give a label/],
    ["a long label", "ada", { label: "x".repeat(101) }, "invalid", /give a label/],
    ["a label of two lines", "ada", { label: "a\nb" }, "invalid", /give a label/],
    ["no action", "ada", { ...plain, actions: [] }, "invalid", /name one or more of the actions/],
    ["an unknown action", "ada", { ...plain, actions: ["pull", "*"] }, "invalid", /name one or more/],
    ["an expiry now", "ada", { ...plain, expiresAt: start }, "invalid", /in the future/],
  ])("refuses for %s", async (_, user, wanted, code, sentence) => {
    const accounts = await openWithUsers();
    await expectRefused(accounts, () => accounts.tokens.create(user, wanted), code, sentence);
  });

  it("stops at a hundred for a user, and begins again when one is revoked", async () => {
    const accounts = await openWithUsers();
    const { tokens } = accounts;
    for (let number = 1; number <= 100; number++) await tokens.create("ada", { label: `token ${number}` });
    const next = () => tokens.create("ada", { label: "one more" });
    await expectRefused(accounts, next, "needed", /ada has 100 access tokens: revoke one/);
    const [some] = await tokens.list("ada");
    await tokens.revoke("ada", some?.id ?? "");
    await next();
    expect(await tokens.list("ada")).toHaveLength(100);
    await tokens.create("bob", { label: "bob's own" });
  });
});

describe("the list of a user's access tokens", () => {
  it("goes from the newest to the oldest, without what could be used", async () => {
    const { tokens, clock } = await openWithUsers();
    for (const label of ["first", "second"]) {
      await tokens.create("ada", { label });
      clock.now += 1;
    }
    const list = await tokens.list("ada");
    expect(list.map((token) => token.label)).toEqual(["second", "first"]);
    const keys = ["actions", "createdAt", "expiresAt", "id", "label", "lastUsedAt"];
    expect(Object.keys(list[0] ?? {}).sort()).toEqual(keys);
  });

  it("is nobody's where there is no such user", async () => {
    const accounts = await openWithUsers();
    await expectRefused(accounts, () => accounts.tokens.list("ci"), "unknown", /no user called ci/);
  });
});

describe("revoking an access token", () => {
  it("ends that one alone, and this process knows at once", async () => {
    const { tokens, access, revision } = await openWithUsers();
    const one = await tokens.create("ada", { label: "one" });
    const other = await tokens.create("ada", { label: "other" });
    await tokens.revoke("ada", one.token.id);
    expect(await access.secrets.findByHash(hashSecret(one.secret))).toBeUndefined();
    expect(await tokens.list("ada")).toEqual([other.token]);
    expect(revision.current).toBe(await access.revision());
  });

  it("is refused for what is another user's, or nobody's", async () => {
    const accounts = await openWithUsers();
    const { tokens } = accounts;
    const { token } = await tokens.create("ada", { label: "one" });
    const revoke = (user: string, id: string) => () => tokens.revoke(user, id);
    await expectRefused(accounts, revoke("bob", token.id), "unknown", /bob has no access token .*: list/);
    await expectRefused(accounts, revoke("ada", "none"), "unknown", /ada has no access token none/);
    await expectRefused(accounts, revoke("nobody", token.id), "unknown", /no user called nobody/);
    expect(await tokens.list("ada")).toEqual([token]);
  });
});
