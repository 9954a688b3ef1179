// `berth token …` on a real database.
import { describe, expect, it } from "vitest";
import { isSecret } from "../../../../auth/accounts/secrets.ts";
import { registryAtHand, tickingClock, type Options } from "../registry-at-hand.ts";

async function withJane(options: Options = {}) {
  const registry = await registryAtHand(options);
  await registry.json("user add jane --no-password");
  return registry;
}

describe("berth token", () => {
  it("add prints the token alone on standard output", async () => {
    const { berth } = await withJane();
    const { code, output, errors } = await berth("token add jane --label laptop");
    expect(code).toBe(0);
    expect(isSecret(output.replace(/\n$/, ""))).toBe(true);
    expect(errors).toContain("docker login --username jane --password-stdin");
    expect(errors).not.toContain(output.trim());
  });

  it("add prints one document with --json, and list the same without the secret, newest first", async () => {
    const { json, berth } = await withJane({ now: tickingClock() });
    const made = (await json([
      "token",
      "add",
      "jane",
      "--label",
      "a scan",
      "--allow",
      "pull",
      "--expires",
      "30d",
    ])) as {
      secret: string;
      user: string;
    };
    const { secret, user, ...token } = made;
    expect({ user, ...token }).toEqual({
      user: "jane",
      id: expect.any(String) as string,
      label: "a scan",
      actions: ["pull"],
      createdAt: expect.stringMatching(/^2026-11-21T12:00:\d\d/) as string,
      expiresAt: expect.stringMatching(/^2026-12-21T12:00:\d\d/) as string,
      lastUsedAt: null,
    });
    await json("token add jane --label laptop");
    const listed = await json("token list jane");
    expect(listed).toMatchObject([
      { label: "laptop", actions: null, expiresAt: null },
      { label: "a scan", actions: ["pull"] },
    ]);
    expect(JSON.stringify(listed)).not.toContain(secret);
    expect((await berth("token list jane")).output).toMatch(/ laptop +all +2026-11-21 12:00Z +- +-$/m);
  });

  it("revoke ends one and leaves the others", async () => {
    const { json, berth } = await withJane();
    const { id } = (await json("token add jane --label one")) as { id: string };
    await json("token add jane --label two");
    expect(await berth(`token revoke jane ${id}`)).toMatchObject({
      code: 0,
      output: "ended an access token of jane\n",
    });
    expect(await json("token list jane")).toMatchObject([{ label: "two" }]);
  });

  it.each([
    ["token add jane", 2, /required option '--label <text>'/],
    ["token add nobody --label x", 1, /there is no user called nobody/],
    ["token add jane --label x --allow read", 2, /Name one or more of pull, push, delete/],
    ["token add jane --label x --expires 2020-01-01", 1, /choose an expiry in the future/],
    ["token list nobody", 1, /there is no user called nobody/],
    ["token revoke jane 0", 1, /jane has no access token 0: list the tokens/],
  ])("%s is refused with %i", async (words, code, sentence) => {
    const { berth } = await withJane();
    const outcome = await berth(words);
    expect(outcome).toMatchObject({ code, output: "" });
    expect(outcome.errors).toMatch(sentence);
  });
});
