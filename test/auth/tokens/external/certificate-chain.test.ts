// Certificates in a token's header, as Distribution 2.x takes them: x5c, and a jwk with an x5c of its own.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keyFingerprint } from "../../../../auth/tokens/key-fingerprint.ts";
import { issueCertificate, type IssuedCertificate } from "../../../support/certificates.ts";
import { derOf, ecKey, keysOf, openVerifier, publicJwk, serverToken, start } from "./token-server.ts";

const untrusted = { outcome: "refused", reason: "the token is signed by a key that is not trusted here" };
const verified = { outcome: "verified" };

type Chain = readonly [IssuedCertificate, ...IssuedCertificate[]];

/** root → middle → signer, near and below near; another root, and one of the same name, each with a signer. */
async function issueAll(directory: string) {
  const issue = (name: string, by?: IssuedCertificate) => issueCertificate(directory, name, by ? { by } : {});
  const issueAuthority = (name: string, by?: IssuedCertificate) =>
    issueCertificate(directory, name, { isAuthority: true, ...(by && { by }) });
  const root = await issueCertificate(directory, "root", { isAuthority: true, days: 30 });
  const middle = await issueAuthority("middle", root);
  const signer = await issue("signer", middle);
  const near = await issue("near", root);
  const below = await issue("below", near);
  const otherRoot = await issueAuthority("other-root");
  const foreign = await issue("foreign", otherRoot);
  const rootCertBundle = join(directory, "bundle.pem");
  await writeFile(rootCertBundle, root.pem);
  const elsewhere = join(directory, "elsewhere");
  await mkdir(elsewhere);
  const impostor = await issueCertificate(elsewhere, "root", { isAuthority: true });
  const ofImpostor = await issueCertificate(elsewhere, "signer", { by: impostor });
  return { rootCertBundle, root, middle, signer, near, below, otherRoot, foreign, impostor, ofImpostor };
}

let directory: string;
let certificates: Awaited<ReturnType<typeof issueAll>>;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "berth-test-"));
  certificates = await issueAll(directory);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const openChains = async () => ({
  ...certificates,
  ...(await openVerifier({ rootCertBundle: certificates.rootCertBundle })),
});

/** A token by the key of the first, with all of them in its header. */
const chained = (chain: Chain): string =>
  serverToken(keysOf(chain[0]), {}, { kid: undefined, x5c: chain.map(derOf) });

describe("a token with a chain of certificates", () => {
  it("is taken when the chain ends at a root of the bundle", async () => {
    const { verifier, root, middle, signer, near } = await openChains();
    for (const chain of [[near], [near, root], [signer, middle], [signer, middle, root], [root]] as Chain[]) {
      expect(await verifier.verify(chained(chain))).toMatchObject(verified);
    }
  });

  it("is taken whatever name it gives its key besides", async () => {
    const { verifier, near } = await openChains();
    const token = serverToken(keysOf(near), {}, { kid: "unknown", x5c: [derOf(near)] });
    expect(await verifier.verify(token)).toMatchObject(verified);
  });

  it("is taken by the key of a certificate of the bundle itself, by its name", async () => {
    const { verifier, root } = await openChains();
    expect(await verifier.verify(serverToken(keysOf(root)))).toMatchObject(verified);
  });

  it("is refused when a certificate is missing, of another root, or in the wrong order", async () => {
    const { verifier, root, middle, signer, otherRoot, foreign } = await openChains();
    for (const chain of [
      [signer],
      [signer, root],
      [signer, otherRoot, root],
      [foreign],
      [foreign, otherRoot],
      [foreign, root],
      [foreign, otherRoot, root],
      [foreign, middle, root],
      [otherRoot],
    ] as Chain[]) {
      expect(await verifier.verify(chained(chain))).toEqual(untrusted);
    }
  });

  it("is refused when a certificate in between may not issue", async () => {
    const { verifier, below, near } = await openChains();
    expect(await verifier.verify(chained([below, near]))).toEqual(untrusted);
  });

  it("is refused when the issuer has the root's name alone", async () => {
    const { verifier, root, impostor, ofImpostor: signer } = await openChains();
    for (const chain of [[signer], [signer, impostor], [signer, root], [impostor]] as Chain[]) {
      expect(await verifier.verify(chained(chain))).toEqual(untrusted);
    }
  });

  it("is refused when the certificate is good and the signature another's", async () => {
    const { verifier, near, foreign } = await openChains();
    const token = serverToken(keysOf(foreign), {}, { x5c: [derOf(near)] });
    expect(await verifier.verify(token)).toEqual({
      outcome: "refused",
      reason: "the token's signature is wrong",
    });
  });

  it.each([
    ["the root's are over", 31],
    ["its own is over", 3],
    ["they have not begun", -3],
  ])("is refused when the days of its certificates are not now: %s", async (_, days) => {
    const { verifier, near, clock } = await openChains();
    clock.now = start + days * 86_400_000;
    const times = { exp: clock.now / 1000 + 300, iat: clock.now / 1000, nbf: clock.now / 1000 };
    const token = serverToken(keysOf(near), times, { kid: undefined, x5c: [derOf(near)] });
    expect(await verifier.verify(token)).toEqual(untrusted);
  });

  it("is refused a minute after its certificate ended, though it was verified before", async () => {
    const { verifier, near, clock } = await openChains();
    const exp = start / 1000 + 7 * 86_400;
    const token = serverToken(keysOf(near), { exp }, { kid: undefined, x5c: [derOf(near)] });
    expect(await verifier.verify(token)).toMatchObject(verified);
    clock.now += 3 * 86_400_000;
    clock.monotonic += 61_000;
    expect(await verifier.verify(token)).toEqual(untrusted);
  });

  it("is refused with an endless chain", async () => {
    const { verifier, near, root } = await openChains();
    const x5c = [derOf(near), ...Array.from({ length: 10 }, () => derOf(root))];
    const token = serverToken(keysOf(near), {}, { kid: undefined, x5c });
    expect(await verifier.verify(token)).toEqual(untrusted);
  });

  it.each([[["!"]], [[""]], [["AAAA"]], [[]], ["MIIB"], [[1]], [{ 0: "MIIB" }]])(
    "is refused with %j",
    async (x5c) => {
      const { verifier, near } = await openChains();
      const token = serverToken(keysOf(near), {}, { kid: undefined, x5c });
      expect(await verifier.verify(token)).toEqual(untrusted);
    },
  );
});

describe("a token with its key in the header", () => {
  it("is taken when the key is of the bundle, whatever it says its name is", async () => {
    const { verifier, root } = await openChains();
    const jwk = publicJwk(keysOf(root), { kid: keyFingerprint(ecKey().publicKey) });
    expect(await verifier.verify(serverToken(keysOf(root), {}, { kid: undefined, jwk }))).toMatchObject(
      verified,
    );
  });

  it("is taken when its certificates vouch for it", async () => {
    const { verifier, signer, middle } = await openChains();
    const jwk = publicJwk(keysOf(signer), { x5c: [derOf(signer), derOf(middle)] });
    expect(await verifier.verify(serverToken(keysOf(signer), {}, { kid: undefined, jwk }))).toMatchObject(
      verified,
    );
  });

  it("is refused when they vouch for another key, or are another root's", async () => {
    const { verifier, near, foreign } = await openChains();
    const stranger = ecKey();
    for (const [keys, certificate] of [
      [stranger, near],
      [keysOf(foreign), foreign],
    ] as const) {
      const jwk = publicJwk(keys, { x5c: [derOf(certificate)] });
      expect(await verifier.verify(serverToken(keys, {}, { kid: undefined, jwk }))).toEqual(untrusted);
    }
  });

  it("is refused when nobody vouches for it", async () => {
    const { verifier } = await openChains();
    const stranger = ecKey();
    const secret = { kty: "oct", k: "AAAA" };
    for (const jwk of [
      publicJwk(stranger),
      stranger.privateKey.export({ format: "jwk" }),
      secret,
      {},
      [],
      "EC",
    ]) {
      expect(await verifier.verify(serverToken(stranger, {}, { jwk }))).toEqual(untrusted);
    }
  });
});
