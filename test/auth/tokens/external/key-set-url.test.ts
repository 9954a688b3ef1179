// A key set behind a URL: fetched, followed as keys roll over, and not trusted with anything but keys.
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { ecKey, openVerifier, publicJwk, serverToken, type KeyPair } from "./token-server.ts";

const setOf = (...keys: KeyPair[]) =>
  JSON.stringify({ keys: keys.map((one) => publicJwk(one, { use: "sig" })) });

/** Answers with what `answer` is at the time. */
async function serve(first: RequestListener) {
  const served = { answer: first, requests: 0, url: "" };
  const server = createServer((request, response) => {
    served.requests++;
    served.answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  served.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
  return served;
}

const text =
  (body: string, status = 200): RequestListener =>
  (_, response) =>
    response.writeHead(status, { "content-type": "application/json" }).end(body);

const verified = { outcome: "verified" };
const refused = { outcome: "refused" };

describe("a key set behind a URL", () => {
  it("is fetched once for many tokens", async () => {
    const keys = ecKey();
    const server = await serve(text(setOf(keys)));
    const { verifier, problems } = await openVerifier({ jwks: server.url });
    for (let i = 0; i < 20; i++) {
      expect(await verifier.verify(serverToken(keys, { jti: String(i) }))).toMatchObject(verified);
    }
    expect(server.requests).toBe(1);
    expect(problems).toEqual([]);
  });

  it("is fetched again for a key that it does not hold, at most every ten seconds", async () => {
    const [before, after] = [ecKey(), ecKey()];
    const server = await serve(text(setOf(before)));
    const { verifier, clock } = await openVerifier({ jwks: server.url });
    server.answer = text(setOf(before, after));
    for (let i = 0; i < 5; i++) expect(await verifier.verify(serverToken(after))).toMatchObject(refused);
    clock.monotonic += 10_000;
    const asked = await Promise.all(Array.from({ length: 20 }, () => verifier.verify(serverToken(after))));
    expect(asked.map(({ outcome }) => outcome)).toEqual(Array.from({ length: 20 }, () => "verified"));
    expect(server.requests).toBe(2);
    for (let i = 0; i < 20; i++) expect(await verifier.verify(serverToken(ecKey()))).toMatchObject(refused);
    expect(server.requests).toBe(2);
  });

  it("takes keys away that it holds no more, also from tokens that were verified", async () => {
    const [before, after] = [ecKey(), ecKey()];
    const server = await serve(text(setOf(before)));
    const { verifier, clock } = await openVerifier({ jwks: server.url });
    const token = serverToken(before);
    expect(await verifier.verify(token)).toMatchObject(verified);
    server.answer = text(setOf(after));
    clock.monotonic += 10_000;
    expect(await verifier.verify(serverToken(after))).toMatchObject(verified);
    expect(await verifier.verify(token)).toMatchObject(refused);
  });

  it("is read again by itself from time to time", async () => {
    const [before, after] = [ecKey(), ecKey()];
    const server = await serve(text(setOf(before)));
    const { verifier } = await openVerifier({ jwks: server.url, fetchEveryMilliseconds: 10 });
    const token = serverToken(before);
    expect(await verifier.verify(token)).toMatchObject(verified);
    server.answer = text(setOf(after));
    await expect.poll(() => verifier.verify(token)).toMatchObject(refused);
  });

  it.each<[string, RequestListener]>([
    ["an error", text("{}", 500)],
    ["no JSON", text("<html>")],
    ["no keys", text('{"keys":[]}')],
    [
      "a set without end",
      (_, response) => {
        response.writeHead(200);
        const more = () => {
          while (!response.destroyed && response.write(Buffer.alloc(65_536, "a")));
        };
        response.on("drain", more);
        more();
      },
    ],
    [
      "a broken answer",
      (_, response) => {
        response.writeHead(200, { "content-length": "1000" }).write("{");
        setTimeout(() => response.destroy(), 10);
      },
    ],
    ["a redirect", (_, response) => response.writeHead(302, { location: "/elsewhere" }).end()],
  ])("stays as it was when the answer is %s", async (_, answer) => {
    const keys = ecKey();
    const server = await serve(text(setOf(keys)));
    const { verifier, clock, problems } = await openVerifier({ jwks: server.url });
    server.answer = answer;
    for (let i = 0; i < 3; i++) {
      clock.monotonic += 10_000;
      expect(await verifier.verify(serverToken(ecKey()))).toMatchObject(refused);
    }
    expect(server.requests).toBe(4);
    expect(await verifier.verify(serverToken(keys))).toMatchObject(verified);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(
      /^jwks http:\/\/127\.0\.0\.1:\d+\/keys .+; the keys of before stay in force$/,
    );
  });

  it("may come later than Berth, which says so and tries again", async () => {
    const keys = ecKey();
    const server = await serve((request) => request.destroy());
    const { verifier, clock, problems } = await openVerifier({ jwks: server.url });
    expect(problems).toEqual([
      expect.stringMatching(/cannot be fetched .*; no token can be verified until it can$/),
    ]);
    expect(await verifier.verify(serverToken(keys))).toMatchObject(refused);
    server.answer = text(setOf(keys));
    clock.monotonic += 10_000;
    expect(await verifier.verify(serverToken(keys))).toMatchObject(verified);
  });

  it("does not hold up tokens by known keys while it is slow", async () => {
    const keys = ecKey();
    const server = await serve(text(setOf(keys)));
    const { verifier, clock } = await openVerifier({ jwks: server.url });
    let answerNow: () => void = () => undefined;
    server.answer = (request, response) => (answerNow = () => text(setOf(keys))(request, response));
    clock.monotonic += 10_000;
    const unknown = verifier.verify(serverToken(ecKey()));
    const first = await Promise.race([
      unknown.then(() => "unknown"),
      verifier.verify(serverToken(keys)).then(() => "known"),
    ]);
    expect(first).toBe("known");
    await expect.poll(() => server.requests).toBe(2);
    answerNow();
    expect(await unknown).toMatchObject(refused);
  });

  it("is not asked for with a password in the URL", async () => {
    await expect(openVerifier({ jwks: "https://user:planted@127.0.0.1:1/keys" })).rejects.toThrow(
      /^jwks must be a URL without user and password$/,
    );
  });
});
