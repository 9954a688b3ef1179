import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseChallenges } from "../../../src/remote/challenge.ts";

const hub = { scheme: "bearer", realm: "https://auth.docker.io/token", service: "registry.docker.io" };

describe("a WWW-Authenticate header", () => {
  it.each([
    [
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"',
      [{ ...hub, scope: "repository:a/b:pull,push" }],
    ],
    [
      'bearer realm="https://auth.docker.io/token" , service=registry.docker.io',
      [{ ...hub, scope: undefined }],
    ],
    [
      'Basic realm="a, \\"quoted\\" one", Bearer scope="s",realm="r"',
      [{ scheme: "bearer", realm: "r", service: undefined, scope: "s" }, { scheme: "basic" }],
    ],
    ["Basic", [{ scheme: "basic" }]],
    ["Negotiate, NTLM", []],
    ["Bearer", []],
    ["", []],
    [undefined, []],
  ])("%j", (header, expected) => {
    expect(parseChallenges(header)).toEqual(expected);
  });

  it("that comes in several lines is one list", () => {
    expect(parseChallenges(["Basic realm=x", "Bearer realm=y"]).map(({ scheme }) => scheme)).toEqual([
      "bearer",
      "basic",
    ]);
  });

  it("gives back any realm, service and scope that are quoted in it", () => {
    const text = fc.string({ unit: "grapheme-ascii", maxLength: 60 });
    const quote = (value: string) => `"${value.replace(/["\\]/g, "\\$&")}"`;
    fc.assert(
      fc.property(text, text, text, (realm, service, scope) => {
        const header = `Bearer realm=${quote(realm)}, service=${quote(service)},scope=${quote(scope)}`;
        expect(parseChallenges(header)).toEqual([{ scheme: "bearer", realm, service, scope }]);
      }),
    );
  });

  it("that makes no sense is none, and costs little", () => {
    fc.assert(fc.property(fc.string(), (header) => void parseChallenges(header)));
    expect(parseChallenges("Basic,".repeat(1_000_000)).length).toBeLessThan(2000);
  });
});
