// The suite of Upstream: each sentence on the interface, run over every implementation against a fake upstream with
// every fault.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { buffer } from "node:stream/consumers";
import { referrersTagOf } from "../../src/oci/referrers-tag.ts";
import { RemoteError, type RemoteFailure } from "../../src/remote/remote-error.ts";
import type { Upstream } from "../../src/remote/upstream.ts";
import { digestOf, type Digest } from "../../storage/digest.ts";
import { startFakeUpstream, type FakeUpstream } from "../support/upstream/fake-upstream.ts";
import type { AddedImage } from "../support/upstream/upstream-content.ts";
import type { UpstreamFault } from "../support/upstream/upstream-fault.ts";

const name = "library/alpine";
const layerBytes = 300_000;
const maxBytes = 1_000_000;
const absent = digestOf(Buffer.from("nobody has this"));

/** What went wrong, or `fine`. */
export async function failureIn(work: Promise<unknown>): Promise<RemoteFailure | "fine"> {
  try {
    await work;
    return "fine";
  } catch (error) {
    if (error instanceof RemoteError) return error.failure;
    throw error;
  }
}

type Call = "resolve" | "fetchManifest" | "statBlob" | "fetchBlob";
type Outcome = RemoteFailure | "fine";

const all = (outcome: Outcome): Record<Call, Outcome> => ({
  resolve: outcome,
  fetchManifest: outcome,
  statBlob: outcome,
  fetchBlob: outcome,
});

const status = (code: number, more: { html?: boolean; code?: string } = {}): UpstreamFault => ({
  kind: "status",
  status: code,
  ...more,
});

/** What each fault makes of a manifest by tag and of a blob. HEAD has no body that could be wrong. */
const faults: [string, UpstreamFault, Record<Call, Outcome>][] = [
  ["401 whatever is shown", status(401), all("refused")],
  ["403", status(403), all("refused")],
  ["404", status(404), all("absent")],
  ["404 as a page", status(404, { html: true }), all("absent")],
  ["429", status(429), all("rate-limited")],
  ["500", status(500), all("failing")],
  ["500 as a page", status(500, { html: true }), all("failing")],
  ["502 for ever", status(502), all("failing")],
  ["503 as a page for ever", status(503, { html: true }), all("failing")],
  ["400", status(400), all("failing")],
  [
    "400 NAME_UNKNOWN",
    status(400, { code: "NAME_UNKNOWN" }),
    { ...all("failing"), fetchManifest: "absent", fetchBlob: "absent" },
  ],
  ["silence before the headers", { kind: "stall-before-headers" }, all("timeout")],
  [
    "silence in the body",
    { kind: "stall-in-body", afterBytes: 100 },
    { ...all("fine"), fetchManifest: "timeout", fetchBlob: "timeout" },
  ],
  [
    "a cut",
    { kind: "cut", afterBytes: 100 },
    { ...all("fine"), fetchManifest: "connection", fetchBlob: "connection" },
  ],
  [
    "a promise of too much",
    { kind: "length", by: 50 },
    { ...all("fine"), fetchManifest: "connection", fetchBlob: "connection" },
  ],
  [
    "a page in place of content",
    { kind: "portal" },
    { ...all("fine"), resolve: "failing", fetchManifest: "failing" },
  ],
  ["other bytes", { kind: "wrong-bytes" }, { ...all("fine"), fetchManifest: "corrupt" }],
  ["a digest of something else", { kind: "wrong-digest" }, { ...all("fine"), fetchManifest: "corrupt" }],
  ["no digest", { kind: "no-digest" }, all("fine")],
  ["chunks", { kind: "chunked" }, all("fine")],
  ["gzip", { kind: "gzip" }, all("failing")],
  ["resets", { kind: "reset" }, all("connection")],
  ["redirects without end", { kind: "redirect", to: "loop" }, all("failing")],
  [
    "a redirect to a metadata service",
    { kind: "redirect", to: "http://169.254.169.254/latest" },
    all("failing"),
  ],
  ["a redirect to a file", { kind: "redirect", to: "file:///etc/passwd" }, all("failing")],
];

/** More than a busy machine takes, and little enough to be waited for where nobody answers. */
const [patience, impatience] = [10, 0.3];

/** @param open an upstream of that URL, whose headers may take so long and whose bodies be silent for so long */
export function describeUpstream(
  what: string,
  open: (url: string, silenceSeconds: number) => Upstream,
): void {
  describe(`${what} as an Upstream`, () => {
    let fake: FakeUpstream;
    let upstream: Upstream;
    let image: AddedImage;
    let layer: Digest;
    const { signal } = new AbortController();

    beforeEach(async () => {
      fake = await startFakeUpstream();
      upstream = open(fake.url, patience);
      image = fake.addImage(name, "3.20", {
        platforms: ["linux/amd64", "linux/arm64"],
        layers: [layerBytes],
      });
      layer = image.manifests[0]?.layers[0] ?? absent;
    });
    afterEach(async () => {
      await upstream.close();
      await fake.close();
    });

    const calls: Record<Call, () => Promise<unknown>> = {
      resolve: () => upstream.resolve(name, "3.20", { signal }),
      fetchManifest: () => upstream.fetchManifest(name, "3.20", { signal, maxBytes }),
      statBlob: () => upstream.statBlob(name, layer, { signal }),
      fetchBlob: async () => buffer((await upstream.fetchBlob(name, layer, { signal })).body),
    };

    it("resolves a tag and a digest by HEAD alone", async () => {
      const expected = { digest: image.digest, mediaType: image.mediaType, size: image.bytes.length };
      expect(await upstream.resolve(name, "3.20", { signal })).toEqual(expected);
      expect(await upstream.resolve(name, image.digest, { signal })).toEqual(expected);
      expect(fake.requests).toMatchObject({ manifestHead: 2, manifestGet: 0 });
    });

    it("fetches manifests by tag and by digest, byte for byte, of OCI's types and of docker's", async () => {
      const docker = fake.addImage(name, "docker", { platforms: ["linux/amd64"], mediaTypes: "docker" });
      for (const [tag, held] of [
        ["3.20", image],
        ["docker", docker],
      ] as const) {
        const expected = { digest: held.digest, mediaType: held.mediaType, bytes: held.bytes };
        expect(await upstream.fetchManifest(name, tag, { signal, maxBytes })).toEqual(expected);
        expect(await upstream.fetchManifest(name, held.digest, { signal, maxBytes })).toEqual(expected);
        // Written as clients write it: not every registry decodes the colon.
        expect(fake.requests.of("manifestGet").at(-1)?.path).toBe(`/v2/${name}/manifests/${held.digest}`);
      }
    });

    it("knows no digest where the upstream does not say one, and computes it of what it fetches", async () => {
      fake.faults.set({ kind: "no-digest" });
      expect((await upstream.resolve(name, "3.20", { signal })).digest).toBeUndefined();
      expect((await upstream.fetchManifest(name, "3.20", { signal, maxBytes })).digest).toBe(image.digest);
    });

    it("takes no manifest that is larger than allowed, with a length or without", async () => {
      const small = { signal, maxBytes: image.bytes.length - 1 };
      expect(await failureIn(upstream.fetchManifest(name, "3.20", small))).toBe("corrupt");
      fake.faults.set({ kind: "chunked" });
      expect(await failureIn(upstream.fetchManifest(name, "3.20", small))).toBe("corrupt");
    });

    it("gives blobs, whole and from any byte on", async () => {
      expect(await upstream.statBlob(name, layer, { signal })).toEqual({ size: layerBytes });
      const whole = await upstream.fetchBlob(name, layer, { signal });
      expect(whole).toMatchObject({ size: layerBytes, start: 0 });
      const bytes = await buffer(whole.body);
      expect(digestOf(bytes)).toBe(layer);
      const rest = await upstream.fetchBlob(name, layer, { signal, start: 123_456 });
      expect(rest).toMatchObject({ size: layerBytes, start: 123_456 });
      expect((await buffer(rest.body)).equals(bytes.subarray(123_456))).toBe(true);
    });

    it("begins at the first byte where the upstream ignores ranges, or has nothing behind the wished one", async () => {
      const behind = await upstream.fetchBlob(name, layer, { signal, start: layerBytes });
      expect(behind).toMatchObject({ size: layerBytes, start: 0 });
      expect(digestOf(await buffer(behind.body))).toBe(layer);
      fake.faults.set({ kind: "range-ignored" });
      const ignored = await upstream.fetchBlob(name, layer, { signal, start: 1000 });
      expect(ignored).toMatchObject({ size: layerBytes, start: 0 });
      expect(digestOf(await buffer(ignored.body))).toBe(layer);
    });

    it("takes no other part of a blob than the one it asked for", async () => {
      fake.faults.set({ kind: "wrong-content-range" });
      expect(await failureIn(upstream.fetchBlob(name, layer, { signal, start: 1000 }))).toBe("failing");
    });

    it("says that what is not there is absent", async () => {
      expect(await failureIn(upstream.resolve(name, "none", { signal }))).toBe("absent");
      expect(await failureIn(upstream.resolve("no/such", "3.20", { signal }))).toBe("absent");
      expect(await failureIn(upstream.fetchManifest(name, absent, { signal, maxBytes }))).toBe("absent");
      expect(await failureIn(upstream.statBlob(name, absent, { signal }))).toBe("absent");
      expect(await failureIn(upstream.fetchBlob(name, absent, { signal }))).toBe("absent");
      expect(await failureIn(upstream.listTags("no/such", { limit: 10 }, { signal }))).toBe("absent");
    });

    describe.each(faults)("with %s", (_, fault, expected) => {
      it.each(Object.keys(expected) as Call[])("%s says so", async (call) => {
        fake.faults.set(fault);
        if (expected[call] === "timeout") {
          await upstream.close();
          upstream = open(fake.url, impatience);
        }
        expect(await failureIn(calls[call]())).toBe(expected[call]);
      });
    });

    it("hands on when to come again, from seconds and from a date", async () => {
      const at = new Date(Date.now() + 90_000).toUTCString();
      for (const retryAfter of ["77", at]) {
        const rule = fake.faults.set({ kind: "status", status: 429, retryAfter });
        const error: unknown = await upstream
          .resolve(name, "3.20", { signal })
          .catch((cause: unknown) => cause);
        const { retryAfterSeconds = 0 } = error as RemoteError;
        expect(retryAfterSeconds).toBeGreaterThan(75);
        expect(retryAfterSeconds).toBeLessThan(92);
        rule.remove();
      }
    });

    it("does not resolve what has no address, and says no connection where nobody listens", async () => {
      const nameless = open("https://registry.invalid", patience);
      expect(await failureIn(nameless.resolve(name, "3.20", { signal }))).toBe("dns");
      await nameless.close();
      await fake.disappear();
      expect(await failureIn(upstream.resolve(name, "3.20", { signal }))).toBe("connection");
      await fake.comeBack();
      expect(await failureIn(upstream.resolve(name, "3.20", { signal }))).toBe("fine");
    });

    it("ends with the signal: a deadline is a timeout, a leaver gets his own reason", async () => {
      fake.faults.set({ kind: "stall-before-headers" });
      const deadline = AbortSignal.timeout(50);
      expect(await failureIn(upstream.resolve(name, "3.20", { signal: deadline }))).toBe("timeout");
      const leaver = new AbortController();
      const asked = upstream.resolve(name, "3.20", { signal: leaver.signal });
      const reason = new Error("gone home");
      leaver.abort(reason);
      await expect(asked).rejects.toBe(reason);
    });

    it("lists tags page by page, in the upstream's order", async () => {
      for (let i = 0; i < 25; i++) fake.moveTag(name, `v${100 + i}`, image.digest);
      const seen: string[] = [];
      for (let more = true; more;) {
        const page = await upstream.listTags(name, { after: seen.at(-1), limit: 10 }, { signal });
        expect(page.tags.length).toBeLessThanOrEqual(10);
        seen.push(...page.tags);
        more = page.more;
      }
      expect(seen).toEqual(["3.20", ...Array.from({ length: 25 }, (_, i) => `v${100 + i}`)]);
      expect(fake.requests.tags).toBe(3);
    });

    it("lists referrers by the API, and by the fallback tag where there is none", async () => {
      const signature = fake.addReferrer(name, image.digest);
      const list = await upstream.listReferrers(name, image.digest, { signal, maxBytes });
      expect(JSON.parse(list.bytes.toString())).toMatchObject({ manifests: [{ digest: signature }] });
      expect(list.digest).toBe(digestOf(list.bytes));

      fake.faults.set({ kind: "no-referrers" });
      const question = { signal, maxBytes };
      expect(await failureIn(upstream.listReferrers(name, image.digest, question))).toBe("absent");
      const tag = referrersTagOf(image.digest);
      const kept = Buffer.from(list.bytes.toString().replace("{", "{ "));
      const digest = fake.addManifest(kept, "application/vnd.oci.image.index.v1+json", { name, tags: [tag] });
      expect(await upstream.listReferrers(name, image.digest, question)).toEqual({ digest, bytes: kept });
    });
  });
}
