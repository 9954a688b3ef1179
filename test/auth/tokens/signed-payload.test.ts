// The algorithm is the caller's choice alone, whatever a header says.
import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { signedPayload, signingAlgorithms } from "../../../auth/tokens/signed-payload.ts";
import { mintToken } from "./minted-token.ts";

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ofRsa = signingAlgorithms.filter((algorithm) => !algorithm.startsWith("ES"));

describe("the payload of a signed token", () => {
  it.each(ofRsa)("comes only by the algorithm that is asked for: %s", (algorithm) => {
    for (const alg of ofRsa) {
      const token = mintToken({ alg }, { sub: "ann" }, rsa.privateKey);
      const read = () => signedPayload(token, rsa.publicKey, algorithm);
      if (alg === algorithm) expect(read()).toEqual({ sub: "ann" });
      else expect(read).toThrow("the token's signature is wrong");
    }
  });

  it.each([null, [], "text", 1])("is an object, not %j", (payload) => {
    const token = mintToken({ alg: "RS256" }, JSON.stringify(payload), rsa.privateKey);
    expect(() => signedPayload(token, rsa.publicKey, "RS256")).toThrow(/^the token's (claims|signature)/);
  });
});
