// What a password must be, how it is kept, and that checking one costs the same for nobody's.
import { describe, expect, it } from "vitest";
import { AccessError } from "../../../auth/access-error.ts";
import { HashingQueue } from "../../../auth/accounts/hashing-queue.ts";
import {
  argon2id,
  checkNewPassword,
  Passwords,
  type PasswordHasher,
} from "../../../auth/accounts/passwords.ts";

function countingHasher() {
  const counts = { running: 0, most: 0, verified: [] as string[] };
  const busy = async <T>(result: T): Promise<T> => {
    counts.most = Math.max(counts.most, ++counts.running);
    await new Promise((resolve) => setImmediate(resolve));
    counts.running--;
    return result;
  };
  const hasher: PasswordHasher = {
    hash: (password) => busy(`hash of ${password}`),
    verify: (known, password) => {
      counts.verified.push(known);
      return busy(known === `hash of ${password}` || known === "nobody's");
    },
    nobodys: "nobody's",
  };
  return { counts, hasher };
}

describe("a new password", () => {
  it.each([
    ["8 characters", "12345678"],
    ["256 characters", "x".repeat(256)],
    ["spaces, and letters of any script", "pâté à la crème 蛇"],
    ["colons, quotes and backslashes", `a:b"c'd\\e`],
    ["emoji", "🐳🐳🐳🐳"],
  ])("may have %s", (_, password) => {
    expect(() => checkNewPassword(password)).not.toThrow();
  });

  it.each([
    ["nothing", "", "8 to 256"],
    ["7 characters", "1234567", "8 to 256"],
    ["257 characters", "x".repeat(257), "8 to 256"],
    ["a line end", "password\n", "control characters"],
    ["a tab", "pass\tword", "control characters"],
    ["a NUL", "pass\0word", "control characters"],
    ["a C1 control character", "pass\u0085word", "control characters"],
    ["the form of an access token", "berth_pat_abcdefgh", "own secrets"],
    ["the form of a robot's secret", "berth_robot_1", "own secrets"],
  ])("may not have %s", (_, password, sentence) => {
    const check = () => checkNewPassword(password);
    expect(check).toThrow(AccessError);
    expect(check).toThrow(expect.objectContaining({ code: "invalid" }));
    expect(check).toThrow(sentence);
    if (password !== "") expect(check).not.toThrow(password);
  });
});

describe("checking passwords", () => {
  it("knows the right one, and no other", async () => {
    const passwords = new Passwords(new HashingQueue(), countingHasher().hasher);
    const hash = await passwords.hash("correct horse");
    expect(await passwords.verify(hash, "correct horse")).toBe(true);
    expect(await passwords.verify(hash, "wrong horse")).toBe(false);
  });

  it("does the same work where there is no password, and never finds it right", async () => {
    const { counts, hasher } = countingHasher();
    const passwords = new Passwords(new HashingQueue(), hasher);
    expect(await passwords.verify(undefined, "anything")).toBe(false);
    expect(counts.verified).toEqual(["nobody's"]);
  });

  it("hashes and verifies two at a time, however many come", async () => {
    const { counts, hasher } = countingHasher();
    const passwords = new Passwords(new HashingQueue(), hasher);
    const verified = Array.from({ length: 30 }, () => passwords.verify("hash of a", "a"));
    const hashed = Array.from({ length: 30 }, () => passwords.hash("b"));
    expect(new Set(await Promise.all(verified))).toEqual(new Set([true]));
    expect(new Set(await Promise.all(hashed))).toEqual(new Set(["hash of b"]));
    expect(counts.most).toBe(2);
  });

  it("refuses the 67th at once", async () => {
    const passwords = new Passwords(new HashingQueue(), countingHasher().hasher);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 100 }, () => passwords.verify("hash of a", "a")),
    );
    const refused = outcomes.filter((outcome) => outcome.status === "rejected");
    expect(refused).toHaveLength(34);
    expect(refused.every(({ reason }) => reason instanceof AccessError && reason.code === "busy")).toBe(true);
  });
});

describe("argon2id", () => {
  it("keeps a password with OWASP's parameters and a salt of its own, and verifies it", async () => {
    const [one, other] = await Promise.all([argon2id.hash("correct horse"), argon2id.hash("correct horse")]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(one).not.toBe(other);
    expect(await argon2id.verify(one, "correct horse")).toBe(true);
    expect(await argon2id.verify(one, "correct horsf")).toBe(false);
  });

  it("has, for nobody, a hash that can be verified at the same parameters", async () => {
    const parametersOf = (hash: string) => hash.split("$").slice(0, 4);
    const hash = await argon2id.hash("some password");
    expect(parametersOf(argon2id.nobodys)).toEqual(parametersOf(hash));
    expect(argon2id.nobodys).toHaveLength(hash.length);
    expect(await argon2id.verify(argon2id.nobodys, "some password")).toBe(false);
  });
});
