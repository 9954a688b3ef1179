import { describe, expect, it } from "vitest";
import { OrderedSources } from "../../../src/pull-through/ordered-sources.ts";
import type { SourceSettings } from "../../../src/pull-through/upstream-settings.ts";
import { RemoteError, type RemoteFailure } from "../../../src/remote/remote-error.ts";
import { ScriptedUpstream } from "./scripted-upstream.ts";
import { sourceSettings } from "./settings.ts";

const never = () => new AbortController().signal;
const image = Buffer.from("{}");

function open(...given: Array<Partial<SourceSettings>>) {
  const clock = { seconds: 0 };
  const upstreams = given.map(() => new ScriptedUpstream());
  const settings = given.map((each, index) => sourceSettings({ url: String(index), ...each }));
  const calls: Array<string | undefined> = [];
  const sources = new OrderedSources(settings, {
    connect: ({ url }) => upstreams[Number(url)] ?? new ScriptedUpstream(),
    backoffSeconds: 30,
    attemptSeconds: 0.05,
    now: () => clock.seconds * 1000,
    onCall: (_, error) => calls.push(error?.failure),
  });
  const [first = new ScriptedUpstream(), second = new ScriptedUpstream()] = upstreams;
  return { sources, first, second, clock, calls };
}

async function failureOf(promise: Promise<unknown>): Promise<RemoteFailure | undefined> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    if (error instanceof RemoteError) return error.failure;
    throw error;
  }
}

describe("the sources of an upstream", () => {
  it("asks trusted ones alone what a tag means, and any for a digest", async () => {
    const { sources, first, second } = open({ trusted: false }, {});
    const digest = first.addManifest("app", image, "a/b", "v1");
    second.addManifest("app", image, "a/b", "v1");
    await sources.resolve("app", "v1", { signal: never() });
    expect(first.calls).toEqual([]);
    expect(second.calls).toEqual(["resolve app:v1"]);
    await sources.fetchManifest("app", digest, { signal: never(), maxBytes: 100 });
    expect(first.calls).toEqual([`fetchManifest app@${digest}`]);
  });

  it("asks each under the names that it has there", async () => {
    const { sources, first, second } = open(
      { rewrite: [{ from: "coredns/coredns:v(.*)", to: "flat/coredns:$1" }] },
      { rewrite: [{ from: "(.*)", to: "k8s/$1" }] },
    );
    const digest = second.addManifest("k8s/coredns/coredns", image, "a/b", "v1");
    await sources.resolve("coredns/coredns", "v1", { signal: never() });
    await sources.fetchManifest("coredns/coredns", digest, { signal: never(), maxBytes: 100 });
    expect(first.calls).toEqual(["resolve flat/coredns:1", `fetchManifest flat/coredns@${digest}`]);
    expect(second.calls).toEqual([
      "resolve k8s/coredns/coredns:v1",
      `fetchManifest k8s/coredns/coredns@${digest}`,
    ]);
  });

  it("goes on to the next when one has no such thing, and when one is silent", async () => {
    const { sources, first, second } = open({}, {});
    const digest = second.addManifest("app", image, "a/b", "v1");
    expect((await sources.resolve("app", "v1", { signal: never() })).digest).toBe(digest);
    first.fault = "silence";
    expect((await sources.resolve("app", "v1", { signal: never() })).digest).toBe(digest);
    await sources.resolve("app", "v1", { signal: never() });
    expect(first.count("resolve")).toBe(2);
  });

  it("asks one that was left out again when the window passed, by one request", async () => {
    const { sources, first, clock } = open({});
    first.addManifest("app", image, "a/b", "v1");
    first.fault = "silence";
    expect(await failureOf(sources.resolve("app", "v1", { signal: AbortSignal.timeout(20) }))).toBe(
      "timeout",
    );
    first.fault = undefined;
    expect(await failureOf(sources.resolve("app", "v1", { signal: never() }))).toBe("timeout");
    clock.seconds = 31;
    const asked = [1, 2, 3].map(() => failureOf(sources.resolve("app", "v1", { signal: never() })));
    expect((await Promise.all(asked)).filter((failure) => failure === undefined)).toHaveLength(1);
    expect(await failureOf(sources.resolve("app", "v1", { signal: never() }))).toBeUndefined();
  });

  it.each([
    "silence",
    "dns",
    "tls",
    "connection",
    "timeout",
    "failing",
    "corrupt",
    "refused",
    "absent",
    "busy",
  ] as const)("leaves none out because of names that it is %s about", async (fault) => {
    const { sources, first } = open({});
    first.addManifest("app", image, "a/b", "v1");
    for (const name of ["bad", "worse", "worst"]) {
      first.faultsOf.set(name, fault);
      await failureOf(sources.resolve(name, "v1", { signal: AbortSignal.timeout(5) }));
    }
    expect(await failureOf(sources.resolve("app", "v1", { signal: never() }))).toBeUndefined();
  });

  it("has one that is silent to all waited for by those who asked before that was known, and by nobody else", async () => {
    const { sources, first, calls } = open({});
    first.fault = "silence";
    const early = Array.from({ length: 50 }, (_, index) =>
      failureOf(sources.resolve(`early-${index}`, "v1", { signal: AbortSignal.timeout(20) })),
    );
    expect(new Set(await Promise.all(early))).toEqual(new Set(["timeout"]));
    const late = Array.from({ length: 450 }, (_, index) =>
      failureOf(sources.resolve(`late-${index}`, "v1", { signal: never() })),
    );
    expect(new Set(await Promise.all(late))).toEqual(new Set(["timeout"]));
    expect([first.count("resolve"), first.pings, calls.length]).toEqual([50, 1, 50]);
  });

  it("holds it against no source that an asker left", async () => {
    const { sources, first, calls } = open({});
    const digest = first.addBlob("app", image);
    first.fault = "silence";
    const leaving = new AbortController();
    const asked = failureOf(sources.fetchBlob("app", digest, { signal: leaving.signal }));
    leaving.abort(new Error("the reader left"));
    await asked;
    expect(calls).toEqual([]);
    first.fault = undefined;
    expect(await failureOf(sources.fetchBlob("app", digest, { signal: never() }))).toBeUndefined();
  });

  it("still fetches blobs from one that limits manifests, and goes on with one that was begun", async () => {
    const { sources, first } = open({});
    const digest = first.addBlob("app", image);
    first.fault = "rate-limited";
    expect(await failureOf(sources.resolve("app", "v1", { signal: never() }))).toBe("rate-limited");
    first.fault = undefined;
    expect(await failureOf(sources.resolve("app", "v1", { signal: never() }))).toBe("rate-limited");
    expect(await failureOf(sources.fetchBlob("app", digest, { signal: never() }))).toBeUndefined();
    first.fault = "timeout";
    await failureOf(sources.fetchBlob("app", digest, { signal: never() }));
    first.fault = undefined;
    expect(await failureOf(sources.fetchBlob("app", digest, { signal: never() }))).toBe("timeout");
    expect(await failureOf(sources.fetchBlob("app", digest, { signal: never(), start: 1 }))).toBeUndefined();
  });

  it("begins with another source after one gave wrong bytes", async () => {
    const { sources, first, second } = open({}, {});
    const digest = first.addBlob("app", image);
    second.addBlob("app", image);
    await sources.fetchBlob("app", digest, { signal: never() });
    sources.distrust(digest);
    await sources.fetchBlob("app", digest, { signal: never() });
    expect([first.count("fetchBlob"), second.count("fetchBlob")]).toEqual([1, 1]);
  });

  const told: ReadonlyArray<
    readonly [first: RemoteFailure, second: RemoteFailure, secondTrusted: boolean, told: RemoteFailure]
  > = [
    ["absent", "absent", true, "absent"],
    ["absent", "failing", true, "failing"],
    ["timeout", "absent", true, "timeout"],
    ["absent", "failing", false, "absent"],
    ["failing", "absent", false, "failing"],
    ["timeout", "refused", true, "refused"],
    ["refused", "rate-limited", true, "rate-limited"],
    ["dns", "timeout", false, "timeout"],
    ["corrupt", "connection", true, "connection"],
  ];
  it.each(told)("tells of %s and %s (trusted: %s) that it was %s", async (one, other, trusted, expected) => {
    const { sources, first, second, calls } = open({}, { trusted });
    first.fault = one;
    second.fault = other;
    const digest = first.addBlob("app", image);
    expect(await failureOf(sources.fetchBlob("app", digest, { signal: never() }))).toBe(expected);
    expect(calls).toEqual([one, other]);
  });

  it("closes them all", async () => {
    const { sources, first, second } = open({}, {});
    await sources.close();
    expect([first.calls, second.calls]).toEqual([["close "], ["close "]]);
  });
});
