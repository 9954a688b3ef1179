// Keys that come, sign, retire and go; shared by processes that know nothing of each other.
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { scratchDirectory } from "../../support/scratch-directory.ts";
import { ann, openTokens, pullApp, rotationSeconds, start, tokenSeconds } from "./open-tokens.ts";

const tokenFor = async ({ issuer }: Awaited<ReturnType<typeof openTokens>>) =>
  (await issuer.issue({ principal: ann, scopes: [pullApp] })).token;

describe("signing keys", () => {
  it.each([
    ["ES256", "ec"],
    ["RS256", "rsa"],
  ] as const)("are made at the first start, for %s", async (algorithm, type) => {
    const { keys, access } = await openTokens({ algorithm });
    const key = await keys.current();
    expect(key).toMatchObject({ algorithm, privateKey: { asymmetricKeyType: type } });
    expect(await access.signingKeys.list()).toMatchObject([{ kid: key.kid, createdAt: start }]);
  });

  it("are the same after a restart", async () => {
    const path = join(await scratchDirectory(), "db");
    const before = await (await openTokens({ path })).keys.current();
    expect((await (await openTokens({ path })).keys.current()).kid).toBe(before.kid);
  });

  it("are parsed once, however often something about accounts changes", async () => {
    const { keys, access, revision } = await openTokens();
    const { kid, publicKey } = await keys.current();
    const before = revision.current;
    await access.projects.adopt("library", () => "any", start);
    expect(await revision.refresh()).not.toBe(before);
    expect((await keys.find(kid))?.publicKey).toBe(publicKey);
  });

  it("are published without their private parts", async () => {
    for (const [algorithm, parts] of [
      ["ES256", ["alg", "crv", "kid", "kty", "use", "x", "y"]],
      ["RS256", ["alg", "e", "kid", "kty", "n", "use"]],
    ] as const) {
      const { keys } = await openTokens({ algorithm });
      const { kid } = await keys.current();
      const { keys: published } = await keys.jwks();
      expect(published.map((key) => Object.keys(key).sort())).toEqual([parts]);
      expect(published[0]).toMatchObject({ kid, use: "sig", alg: algorithm });
    }
  });

  it("sign until they are as old as the rotation says", async () => {
    const { keys, clock } = await openTokens();
    const first = await keys.current();
    clock.now = start + rotationSeconds * 1000 - 1;
    expect((await keys.current()).kid).toBe(first.kid);
    clock.now++;
    expect((await keys.current()).kid).not.toBe(first.kid);
  });

  it("are made once when many ask at once", async () => {
    const { keys, clock, access } = await openTokens();
    clock.now = start + rotationSeconds * 1000;
    const asked = await Promise.all(Array.from({ length: 50 }, () => keys.current()));
    expect(new Set(asked.map(({ kid }) => kid)).size).toBe(1);
    expect(await access.signingKeys.list()).toHaveLength(2);
  });

  it("verify what they signed after they were replaced, are published as long, and then go", async () => {
    const parts = await openTokens({ uploadSeconds: 100 });
    const { keys, clock, verifier, access } = parts;
    const first = await keys.current();
    clock.now = start + rotationSeconds * 1000 - 1;
    const last = await tokenFor(parts);
    clock.now++;
    const { kid } = await keys.current();
    expect(await verifier.verify(last)).toMatchObject({ outcome: "verified" });
    expect((await keys.jwks()).keys.map((key) => key["kid"])).toEqual([kid, first.kid]);

    clock.now = first.expiresAt - 1;
    expect(await keys.find(first.kid)).toMatchObject({ kid: first.kid });
    clock.now = first.expiresAt;
    expect(await keys.find(first.kid)).toBeUndefined();
    expect((await keys.jwks()).keys.map((key) => key["kid"])).toEqual([kid]);
    expect(await verifier.verify(last)).toMatchObject({ outcome: "refused" });

    clock.now = start + 2 * rotationSeconds * 1000;
    const third = await keys.current();
    expect((await access.signingKeys.list()).map((key) => key.kid)).toEqual([third.kid, kid]);
  });

  it("outlive every token that they sign, and the upload that it began", async () => {
    const uploadSeconds = 86_400;
    const parts = await openTokens({ uploadSeconds });
    parts.clock.now = start + rotationSeconds * 1000 - 1;
    const token = await tokenFor(parts);
    parts.clock.now += (tokenSeconds + uploadSeconds) * 1000;
    const verdict = await parts.verifier.verify(token, { acceptExpired: true });
    expect(verdict).toMatchObject({ outcome: "verified", expired: true });
  });

  it("make place early when tokens now live longer than the key would", async () => {
    const path = join(await scratchDirectory(), "db");
    const before = await (await openTokens({ path, uploadSeconds: 0 })).keys.current();
    const { keys } = await openTokens({ path, tokenSeconds: rotationSeconds + tokenSeconds + 1 });
    expect((await keys.current()).kid).not.toBe(before.kid);
  });

  it("are not looked for in the store more than once a second because of made-up names", async () => {
    const { keys, clock, access } = await openTokens();
    const readRevision = access.revision.bind(access);
    let readings = 0;
    access.revision = () => {
      readings++;
      return readRevision();
    };
    for (let i = 0; i < 100; i++) expect(await keys.find(`../../etc/passwd${i}`)).toBeUndefined();
    expect(readings).toBe(1);
    clock.now += 1000;
    for (let i = 0; i < 100; i++) expect(await keys.find(`../../etc/passwd${i}`)).toBeUndefined();
    expect(readings).toBe(2);
  });
});

describe("signing keys of two processes on one store", () => {
  const openTwo = async (second: Parameters<typeof openTokens>[0] = {}) => {
    const path = join(await scratchDirectory(), "db");
    return [await openTokens({ path }), await openTokens({ path, ...second })] as const;
  };

  it("are the same key, whoever comes first", async () => {
    const [one, other] = await openTwo();
    expect((await one.keys.current()).kid).toBe((await other.keys.current()).kid);
    for (const { clock } of [one, other]) clock.now = start + rotationSeconds * 1000;
    const [a, b] = await Promise.all([one.keys.current(), other.keys.current()]);
    expect(a.kid).toBe(b.kid);
    expect(await one.access.signingKeys.list()).toHaveLength(2);
  });

  it("are found by the other at the first token that it sees", async () => {
    const [one, other] = await openTwo();
    one.clock.now = start + rotationSeconds * 1000;
    other.clock.now = one.clock.now - 45_000;
    const token = await tokenFor(one);
    const requests = Array.from({ length: 20 }, () => other.verifier.verify(token));
    for (const verdict of await Promise.all(requests)) {
      expect(verdict).toMatchObject({ outcome: "verified", principal: ann });
    }
  });

  it("rotate alike when the store puts another process first in between", async () => {
    const path = join(await scratchDirectory(), "db");
    const one = await openTokens({ path });
    let stolen = false;
    const other = await openTokens({
      path,
      store: (store) => ({
        list: () => store.list(),
        deleteExpired: (now) => store.deleteExpired(now),
        add: async (key, replaces) => {
          if (!stolen) {
            stolen = true;
            await one.keys.current();
          }
          return store.add(key, replaces);
        },
      }),
    });
    for (const { clock } of [one, other]) clock.now = start + rotationSeconds * 1000;
    expect((await other.keys.current()).kid).toBe((await one.keys.current()).kid);
    expect(stolen).toBe(true);
    expect(await one.access.signingKeys.list()).toHaveLength(2);
  });

  it("do not rotate for ever when the processes sign by different algorithms", async () => {
    const [one, other] = await openTwo({ algorithm: "RS256" });
    for (let round = 0; round < 3; round++) {
      expect(await one.verifier.verify(await tokenFor(other))).toMatchObject({ outcome: "verified" });
      expect(await other.verifier.verify(await tokenFor(one))).toMatchObject({ outcome: "verified" });
    }
    expect((await one.access.signingKeys.list()).map((key) => key.algorithm)).toEqual(["RS256", "ES256"]);
  });
});
