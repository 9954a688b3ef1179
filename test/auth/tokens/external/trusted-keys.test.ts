// Where the keys are read from: what an operator is told about files, and what happens when they change.
import { generateKeyPairSync } from "node:crypto";
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { scratchDirectory } from "../../../support/scratch-directory.ts";
import { ecKey, openVerifier, publicJwk, publicPem, serverToken, type KeyPair } from "./token-server.ts";

const jwksOf = (...keys: object[]) => JSON.stringify({ keys });
const privatePem = ({ privateKey }: KeyPair) =>
  privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const certificate = (body: string) => `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;

describe("the files of the token server", () => {
  it.each([
    ["rootCertBundle", "", /holds no certificate and no public key/],
    ["rootCertBundle", "no PEM", /holds no certificate and no public key/],
    ["rootCertBundle", certificate("AAAA"), /holds a CERTIFICATE that cannot be understood/],
    [
      "rootCertBundle",
      privatePem(ecKey()),
      /holds a PRIVATE KEY; only certificates and public keys belong there/,
    ],
    ["jwks", "", /is no JSON Web Key Set/],
    ["jwks", "{", /is no JSON Web Key Set/],
    ["jwks", "[]", /is no JSON Web Key Set/],
    ["jwks", '{"keys":{}}', /is no JSON Web Key Set/],
    ["jwks", '{"keys":[]}', /holds no key that verifies tokens/],
    ["jwks", jwksOf({ kty: "oct", k: "AAAA", kid: "a" }), /holds no key that verifies tokens/],
    ["jwks", jwksOf(publicJwk(ecKey(), { use: "enc" })), /holds no key that verifies tokens/],
    ["jwks", jwksOf(publicJwk(ecKey(), { alg: "HS256" })), /holds no key that verifies tokens/],
    ["jwks", jwksOf(publicJwk(generateKeyPairSync("ed25519"))), /holds no key that verifies tokens/],
  ] as const)("make a start impossible when %s is %j", async (setting, text, message) => {
    const path = join(await scratchDirectory(), "file");
    await writeFile(path, text);
    await expect(openVerifier({ [setting]: path })).rejects.toThrow(message);
    await expect(openVerifier({ [setting]: path })).rejects.toThrow(`${setting} ${path} `);
  });

  it.each(["rootCertBundle", "jwks"])("make a start impossible when %s can't be read", async (setting) => {
    const directory = await scratchDirectory();
    const at = (name: string) => ({ [setting]: join(directory, name) });
    await expect(openVerifier(at("absent"))).rejects.toThrow(/does not exist/);
    await expect(openVerifier(at("."))).rejects.toThrow(/is not a file/);
    await writeFile(join(directory, "large"), Buffer.alloc(1024 * 1024 + 1));
    await expect(openVerifier(at("large"))).rejects.toThrow(/is larger than/);
    await expect(openVerifier({})).rejects.toThrow(/rootCertBundle or jwks/);
  });

  it("may be both, and both are trusted", async () => {
    const directory = await scratchDirectory();
    const [one, other] = [ecKey(), ecKey()];
    const [rootCertBundle, jwks] = [join(directory, "bundle.pem"), join(directory, "jwks.json")];
    await writeFile(rootCertBundle, `some words\n${publicPem(one)}\nbetween\n`);
    await writeFile(jwks, jwksOf({ kty: "oct", k: "AAAA" }, publicJwk(other, { kid: "2030-01" })));
    const { verifier } = await openVerifier({ rootCertBundle, jwks });
    expect(await verifier.verify(serverToken(one))).toMatchObject({ outcome: "verified" });
    expect(await verifier.verify(serverToken(other, {}, { kid: "2030-01" }))).toMatchObject({
      outcome: "verified",
    });
    expect(await verifier.verify(serverToken(other))).toMatchObject({ outcome: "verified" });
  });

  it("give a name that two keys have to the first of them", async () => {
    const jwks = join(await scratchDirectory(), "jwks.json");
    const [first, second] = [ecKey(), ecKey()];
    await writeFile(jwks, jwksOf(publicJwk(first, { kid: "k" }), publicJwk(second, { kid: "k" })));
    const { verifier } = await openVerifier({ jwks });
    expect(await verifier.verify(serverToken(first, {}, { kid: "k" }))).toMatchObject({
      outcome: "verified",
    });
    expect(await verifier.verify(serverToken(second, {}, { kid: "k" }))).toMatchObject({
      outcome: "refused",
    });
  });
});

describe("a changed file of the token server", () => {
  const openFile = async () => {
    const path = join(await scratchDirectory(), "bundle.pem");
    const [before, after] = [ecKey(), ecKey()];
    await writeFile(path, publicPem(before));
    const opened = await openVerifier({ rootCertBundle: path });
    const outcomes = async () =>
      [
        await opened.verifier.verify(serverToken(before)),
        await opened.verifier.verify(serverToken(after)),
      ].map(({ outcome }) => outcome);
    return { ...opened, path, before, after, outcomes };
  };

  it("brings its new keys at the first token that needs one", async () => {
    const { path, before, after, outcomes, verifier } = await openFile();
    expect(await outcomes()).toEqual(["verified", "refused"]);
    await writeFile(path, publicPem(before) + publicPem(after));
    expect(await verifier.verify(serverToken(after))).toMatchObject({ outcome: "verified" });
  });

  it("takes its old keys away within a second, also from tokens that were verified", async () => {
    const { path, after, outcomes, clock } = await openFile();
    expect(await outcomes()).toEqual(["verified", "refused"]);
    // Of another length: two files written within one tick of the file system's clock look alike.
    await writeFile(path, `the second\n${publicPem(after)}`);
    clock.monotonic += 1000;
    expect(await outcomes()).toEqual(["refused", "verified"]);
  });

  it("changes nothing when it is broken or gone, is reported once, and is read again when it is whole", async () => {
    const { path, after, outcomes, clock, problems } = await openFile();
    const look = async () => {
      clock.monotonic += 1000;
      return outcomes();
    };
    await writeFile(path, "broken");
    for (let i = 0; i < 3; i++) expect(await look()).toEqual(["verified", "refused"]);
    await rm(path);
    for (let i = 0; i < 3; i++) expect(await look()).toEqual(["verified", "refused"]);
    expect(problems).toEqual([
      `rootCertBundle ${path} holds no certificate and no public key (PEM); the keys of before stay in force`,
      `rootCertBundle ${path} does not exist; the keys of before stay in force`,
    ]);
    await writeFile(path, publicPem(after));
    expect(await look()).toEqual(["refused", "verified"]);
    expect(problems).toHaveLength(2);
  });

  it("may be behind symbolic links that are swapped, as Kubernetes does", async () => {
    const directory = await scratchDirectory();
    const [before, after] = [ecKey(), ecKey()];
    for (const [name, keys] of Object.entries({ before, after })) {
      await mkdir(join(directory, name));
      await writeFile(join(directory, name, "bundle.pem"), publicPem(keys));
    }
    const data = join(directory, "data");
    await symlink("before", data);
    const rootCertBundle = join(data, "bundle.pem");
    const { verifier } = await openVerifier({ rootCertBundle });
    expect(await verifier.verify(serverToken(before))).toMatchObject({ outcome: "verified" });
    await rm(data);
    await symlink("after", data);
    expect(await verifier.verify(serverToken(after))).toMatchObject({ outcome: "verified" });
  });
});
