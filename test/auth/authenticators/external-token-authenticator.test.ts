// Only tokens of the token server make somebody of a caller.
import { describe, expect, it } from "vitest";
import { ExternalTokenAuthenticator } from "../../../auth/authenticators/external-token-authenticator.ts";
import { openTokenServer, start } from "../tokens/external/token-server.ts";

const from = { address: "192.0.2.1" };
const scopes = [{ type: "repository", name: "team/app", actions: ["pull"] }];

describe("who calls in token mode", () => {
  it("is nobody without credentials, so that the challenge sends them for a token", async () => {
    const { verifier } = await openTokenServer();
    const result = await new ExternalTokenAuthenticator(verifier).authenticate({ kind: "none" }, from);
    expect(result).toEqual({
      outcome: "accepted",
      caller: { principal: { kind: "anonymous" }, grant: { kind: "bare" } },
    });
  });

  it("is whom the token names, with what it carries", async () => {
    const { verifier, token } = await openTokenServer();
    const credentials = { kind: "bearer", token: token({ access: scopes }) } as const;
    expect(await new ExternalTokenAuthenticator(verifier).authenticate(credentials, from)).toEqual({
      outcome: "accepted",
      caller: { principal: { kind: "external", subject: "ann" }, grant: { kind: "scopes", scopes } },
    });
  });

  it.each([
    { kind: "basic", name: "ann", secret: "secret" },
    { kind: "bearer", token: "secret" },
  ] as const)("is refused with %j, and the answer repeats nothing of it", async (credentials) => {
    const { verifier } = await openTokenServer();
    const result = await new ExternalTokenAuthenticator(verifier).authenticate(credentials, from);
    expect(result.outcome).toBe("refused");
    expect(JSON.stringify(result)).not.toContain("secret");
  });

  it("finishes an upload with an expired token, and nothing else", async () => {
    const { verifier, token, clock } = await openTokenServer();
    const credentials = { kind: "bearer", token: token() } as const;
    clock.now = start + 3_600_000;
    const authenticator = new ExternalTokenAuthenticator(verifier);
    const outcomes = [
      await authenticator.authenticate(credentials, from),
      await authenticator.authenticate(credentials, { ...from, acceptExpired: true }),
    ].map(({ outcome }) => outcome);
    expect(outcomes).toEqual(["refused", "accepted"]);
  });
});
