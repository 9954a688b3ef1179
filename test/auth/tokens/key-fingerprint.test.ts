// The names that keys have by themselves, against values computed elsewhere.
import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { keyFingerprint, keyThumbprint } from "../../../auth/tokens/key-fingerprint.ts";

// RFC 7638 §3.1, with its thumbprint.
const rsaOfTheRfc = createPublicKey({
  key: {
    kty: "RSA",
    n: "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
    e: "AQAB",
  },
  format: "jwk",
});

describe("the name of a key", () => {
  it("is the thumbprint of RFC 7638", () => {
    expect(keyThumbprint(rsaOfTheRfc)).toBe("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
  });

  it("is libtrust's fingerprint: twelve groups of four", () => {
    expect(keyFingerprint(rsaOfTheRfc)).toBe("VUZD:EDHW:YWLN:RBFQ:KOA3:UVZ2:XKG5:2V2J:WTPI:6SRD:U6PZ:VCO5");
  });

  it("has no thumbprint for a key that is neither EC nor RSA", () => {
    expect(keyThumbprint(generateKeyPairSync("ed25519").publicKey)).toBeUndefined();
  });
});
