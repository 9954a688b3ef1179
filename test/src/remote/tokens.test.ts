import { setMaxListeners } from "node:events";
import { buffer } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import type { RemoteError } from "../../../src/remote/remote-error.ts";
import { digestOf } from "../../../storage/digest.ts";
import { failureIn } from "../../contracts/upstream.ts";
import { startFakeUpstream, type FakeUpstreamOptions } from "../../support/upstream/fake-upstream.ts";
import { remoteUnderTest } from "./remote-under-test.ts";

const credentials = { username: "berth", password: "a secret of theirs" };
const given = { kind: "static", ...credentials } as const;
const { signal } = new AbortController();
setMaxListeners(0, signal);
const name = "library/alpine";

async function upstreamWith(options: FakeUpstreamOptions) {
  const fake = await startFakeUpstream(options);
  onTestFinished(() => fake.close());
  return { fake, image: fake.addImage(name, "3.20", { layers: [1000] }) };
}

describe("tokens", () => {
  it.each<[string, FakeUpstreamOptions, object | undefined]>([
    ["without credentials", {}, undefined],
    ["under the name access_token", { tokenField: "access_token" }, undefined],
    ["for credentials", { credentials }, given],
    [
      "for an identity token",
      { identityToken: "idt" },
      { kind: "static", username: "<token>", password: "idt" },
    ],
  ])("are fetched %s and shown from then on", async (_, options, shown) => {
    const { fake, image } = await upstreamWith({ auth: "token", ...options });
    const remote = remoteUnderTest({ url: fake.url, credentials: shown as typeof given });
    expect((await remote.resolve(name, "3.20", { signal })).digest).toBe(image.digest);
    await remote.statBlob(name, image.manifests[0]!.layers[0]!, { signal });
    expect(fake.requests).toMatchObject({ tokens: 1, manifestHead: 2, blobHead: 1 });
  });

  it("are fetched once for five hundred pulls at the same time", async () => {
    const { fake, image } = await upstreamWith({ auth: "token" });
    const remote = remoteUnderTest({ url: fake.url });
    const pulls = Array.from({ length: 500 }, async () => {
      const { body } = await remote.fetchBlob(name, image.manifests[0]!.layers[0]!, { signal });
      return digestOf(await buffer(body));
    });
    expect(new Set(await Promise.all(pulls))).toEqual(new Set(image.manifests[0]!.layers));
    // One found out what the registry wants, the others waited.
    expect(fake.requests).toMatchObject({ tokens: 1, blobGet: 501 });
  });

  it("are asked for where the registry says now, after it named a place that gives none", async () => {
    const { fake, image } = await upstreamWith({ auth: "token" });
    const remote = remoteUnderTest({ url: fake.url });
    fake.tokenRealm = "http://nothing.invalid/token";
    expect(await failureIn(remote.resolve(name, "3.20", { signal }))).toBe("dns");
    expect(await failureIn(remote.ping({ signal }))).toBe("dns");
    fake.tokenRealm = undefined;
    expect(await failureIn(remote.ping({ signal }))).toBe("fine");
    expect((await remote.resolve(name, "3.20", { signal })).digest).toBe(image.digest);
  });

  it("are dropped when they are refused early, and fetched once for all that meet it", async () => {
    const { fake } = await upstreamWith({ auth: "token" });
    const remote = remoteUnderTest({ url: fake.url });
    await remote.resolve(name, "3.20", { signal });
    fake.expireTokens();
    await Promise.all(Array.from({ length: 50 }, () => remote.resolve(name, "3.20", { signal })));
    expect(fake.requests.tokens).toBe(2);
  });

  it.each([-12, 12])("outlive a clock that jumps by %i hours", async (hours) => {
    const { fake } = await upstreamWith({ auth: "token" });
    let jump = 0;
    const remote = remoteUnderTest({ url: fake.url }, { now: () => Date.now() + jump });
    await remote.resolve(name, "3.20", { signal });
    jump = hours * 3_600_000;
    await remote.resolve(name, "3.20", { signal });
    await remote.resolve(name, "3.20", { signal });
    expect(fake.requests.tokens).toBe(2);
  });

  it("are fetched anew shortly before they expire, so that none is refused; sixty seconds where they don't say", async () => {
    for (const [said, usable] of [
      [300, 270],
      [null, 45],
    ] as const) {
      const { fake } = await upstreamWith({ auth: "token" });
      fake.saidTokenSeconds = said;
      let now = Date.now();
      const remote = remoteUnderTest({ url: fake.url }, { now: () => now });
      await remote.resolve(name, "3.20", { signal });
      now += (usable - 1) * 1000;
      await remote.resolve(name, "3.20", { signal });
      expect(fake.requests.tokens).toBe(1);
      now += 1000;
      await remote.resolve(name, "3.20", { signal });
      expect(fake.requests.tokens).toBe(2);
      expect(fake.requests.manifestHead).toBe(4);
    }
  });

  it("are one for each repository", async () => {
    const { fake } = await upstreamWith({ auth: "token" });
    fake.addImage("library/busybox", "1");
    const remote = remoteUnderTest({ url: fake.url });
    await remote.resolve(name, "3.20", { signal });
    await remote.resolve("library/busybox", "1", { signal });
    const scopes = fake.requests.of("tokens").map(({ query }) => query.getAll("scope"));
    expect(scopes).toEqual([[`repository:${name}:pull`], ["repository:library/busybox:pull"]]);
  });

  it("that are waited for by one who leaves still come for the others", async () => {
    const { fake } = await upstreamWith({ auth: "token" });
    fake.faults.set({ kind: "slow", bytesPerSecond: 600 }, { where: ({ route }) => route === "tokens" });
    const remote = remoteUnderTest({ url: fake.url });
    const leaver = new AbortController();
    const left = remote.resolve(name, "3.20", { signal: leaver.signal });
    const stayed = remote.resolve(name, "3.20", { signal });
    await expect.poll(() => fake.requests.tokens).toBe(1);
    leaver.abort(new Error("gone home"));
    await expect(left).rejects.toThrow("gone home");
    await stayed;
    expect(fake.requests.tokens).toBe(1);
  });

  it.each([
    [401, "refused"],
    [403, "refused"],
    [404, "failing"],
    [429, "rate-limited"],
    [500, "failing"],
  ] as const)("whose server answers %i fail as %s, and name nothing secret", async (status, failure) => {
    const { fake } = await upstreamWith({ auth: "token", credentials });
    fake.faults.set({ kind: "status", status }, { where: ({ route }) => route === "tokens" });
    const remote = remoteUnderTest({ url: fake.url, credentials: given });
    const error: unknown = await remote.resolve(name, "3.20", { signal }).catch((cause: unknown) => cause);
    expect((error as RemoteError).failure).toBe(failure);
    expect((error as RemoteError).message).not.toMatch(/secret|Basic|scope|berth/);
  });

  it("are not asked for twice with the same wrong password", async () => {
    const { fake } = await upstreamWith({ auth: "token", credentials });
    const remote = remoteUnderTest({ url: fake.url, credentials: { ...given, password: "wrong" } });
    expect(await failureIn(remote.resolve(name, "3.20", { signal }))).toBe("refused");
    expect(fake.requests).toMatchObject({ tokens: 1, manifestHead: 1 });
  });
});

describe("passwords", () => {
  it("are shown to a registry that wants Basic, once it said so", async () => {
    const { fake, image } = await upstreamWith({ auth: "basic", credentials });
    const remote = remoteUnderTest({ url: fake.url, credentials: given });
    expect((await remote.resolve(name, "3.20", { signal })).digest).toBe(image.digest);
    await remote.resolve(name, "3.20", { signal });
    expect(
      fake.requests.of("manifestHead").map(({ headers }) => headers.authorization !== undefined),
    ).toEqual([false, true, true]);
  });

  it("that are wrong, or missing, are refused without a second try", async () => {
    const { fake } = await upstreamWith({ auth: "basic", credentials });
    const wrong = remoteUnderTest({ url: fake.url, credentials: { ...given, password: "wrong" } });
    expect(await failureIn(wrong.resolve(name, "3.20", { signal }))).toBe("refused");
    expect(fake.requests.manifestHead).toBe(2);
    const without = remoteUnderTest({ url: fake.url });
    expect(await failureIn(without.resolve(name, "3.20", { signal }))).toBe("refused");
    expect(fake.requests.manifestHead).toBe(3);
  });

  it("that a program is slow to give hold nobody up for longer than he waits", async () => {
    const { fake } = await upstreamWith({ auth: "basic", credentials });
    const command = { kind: "command", command: ["sleep", "2"], everySeconds: 100 } as const;
    const remote = remoteUnderTest({ url: fake.url, credentials: command });
    // Waited for to its end, it would have given nothing, which is a refusal.
    const impatient = AbortSignal.timeout(200);
    expect(await failureIn(remote.resolve(name, "3.20", { signal: impatient }))).toBe("timeout");
  });

  it("never go to a token realm where they could leak", async () => {
    for (const realm of [
      "http://tokens.example.com/token",
      "https://10.1.2.3/token",
      "https://localhost/token",
      "https://[fe80::1]/token",
      "https://169.254.169.254/token",
      "ftp://127.0.0.1/token",
      "no url",
    ]) {
      const { fake } = await upstreamWith({ auth: "token", credentials });
      fake.tokenRealm = realm;
      const remote = remoteUnderTest({ url: fake.url, credentials: given });
      expect(await failureIn(remote.resolve(name, "3.20", { signal })), realm).toBe("failing");
    }
  });

  it("do not follow a token server's redirect to another host", async () => {
    const { fake } = await upstreamWith({ auth: "token", credentials });
    const elsewhere = await startFakeUpstream();
    onTestFinished(() => elsewhere.close());
    fake.faults.set(
      { kind: "redirect", to: `${elsewhere.url}/token` },
      { where: ({ route }) => route === "tokens" },
    );
    const remote = remoteUnderTest({ url: fake.url, credentials: given });
    expect(await failureIn(remote.resolve(name, "3.20", { signal }))).toBe("failing");
    expect(elsewhere.requests.all).toEqual([]);
  });
});
