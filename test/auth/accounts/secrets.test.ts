// The secrets that Berth makes: their form, their checksum, and that nothing else is taken for one.
import { createHash, randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  beginsLikeSecret,
  hashSecret,
  isSecret,
  newSecret,
  withoutSecrets,
} from "../../../auth/accounts/secrets.ts";

const kinds = fc.constantFrom("personal", "robot", "refresh");
const random = fc.uint8Array({ minLength: 20, maxLength: 20 });
const secrets = fc.tuple(kinds, random).map(([kind, bytes]) => newSecret(kind, () => Buffer.from(bytes)));

describe("a new secret", () => {
  it.each([
    ["personal", "berth_pat_"],
    ["robot", "berth_robot_"],
    ["refresh", "berth_refresh_"],
  ] as const)("of kind %s says so in its first letters", (kind, prefix) => {
    const secret = newSecret(kind, randomBytes);
    expect(secret).toMatch(new RegExp(`^${prefix}[0-9A-Za-z]{33}$`));
    expect(isSecret(secret)).toBe(true);
  });

  it("asks for 160 random bits, and keeps each of them", () => {
    let asked = 0;
    newSecret("robot", (size) => Buffer.alloc((asked = size)));
    expect(asked * 8).toBe(160);
    fc.assert(
      fc.property(kinds, random, fc.nat(159), (kind, bytes, bit) => {
        const other = Uint8Array.from(bytes, (byte, at) =>
          at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte,
        );
        const [a, b] = [bytes, other].map((source) => newSecret(kind, () => Buffer.from(source)));
        expect(a).not.toBe(b);
      }),
    );
  });

  it("has the same form whatever the random bytes are", () => {
    fc.assert(
      fc.property(secrets, (secret) => {
        expect(secret).toMatch(/^berth_(pat|robot|refresh)_[0-9A-Za-z]{33}$/);
        expect(isSecret(secret)).toBe(true);
      }),
    );
  });

  it("is kept as its SHA-256", () => {
    const secret = newSecret("personal", randomBytes);
    expect(hashSecret(secret)).toEqual(createHash("sha256").update(secret, "utf8").digest());
  });
});

describe("telling secrets from other texts", () => {
  const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

  it("notices every single wrong character behind the prefix", () => {
    fc.assert(
      fc.property(secrets, fc.nat(32), fc.nat(60), (secret, place, shift) => {
        const at = secret.length - 33 + place;
        const wrong = letters[(letters.indexOf(secret.charAt(at)) + 1 + shift) % 62] ?? "";
        const mistyped = secret.slice(0, at) + wrong + secret.slice(at + 1);
        expect(isSecret(mistyped)).toBe(false);
        expect(beginsLikeSecret(mistyped)).toBe(true);
      }),
    );
  });

  it("notices two neighbours that changed places", () => {
    fc.assert(
      fc.property(secrets, fc.nat(31), (secret, place) => {
        const at = secret.length - 33 + place;
        const swapped =
          secret.slice(0, at) + secret.charAt(at + 1) + secret.charAt(at) + secret.slice(at + 2);
        expect(isSecret(swapped)).toBe(swapped === secret);
      }),
    );
  });

  it("takes no part of a secret, and no secret with something around it, for one", () => {
    fc.assert(
      fc.property(secrets, fc.nat(42), fc.constantFrom(" ", "\n", "a", "\0"), (secret, length, more) => {
        expect(isSecret(secret.slice(0, length))).toBe(false);
        expect(isSecret(secret + more)).toBe(false);
        expect(isSecret(more + secret)).toBe(false);
      }),
    );
  });

  it("does not take one kind's body for another kind's", () => {
    const secret = newSecret("personal", randomBytes);
    expect(isSecret(secret.replace("berth_pat_", "berth_robot_"))).toBe(false);
  });

  it.each([
    ["", false],
    ["password", false],
    ["berth_", false],
    ["berth_admin_0000", false],
    ["xberth_pat_0000", false],
    ["BERTH_PAT_0000", false],
    ["berth_pat_", true],
    ["berth_robot_correct horse", true],
    ["berth_refresh_0", true],
  ])("%j begins like one: %s, and is none", (text, begins) => {
    expect(beginsLikeSecret(text)).toBe(begins);
    expect(isSecret(text)).toBe(false);
  });
});

describe("a text for the log", () => {
  const secret = newSecret("personal", randomBytes);

  it.each([
    [`/api/v1/me/tokens/${secret}`, "/api/v1/me/tokens/berth_pat_…"],
    [`/token?a=${secret.slice(0, -3)}&b=1`, "/token?a=berth_pat_…&b=1"],
    ["/x?token=eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln&n=1", "/x?token=eyJ…&n=1"],
    ["/v2/team/app/manifests/v1", "/v2/team/app/manifests/v1"],
  ])("keeps nothing of a secret: %#", (text, expected) => {
    expect(withoutSecrets(text)).toBe(expected);
  });
});
