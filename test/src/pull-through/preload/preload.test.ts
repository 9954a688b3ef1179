// Preloading over a real registry: what is fetched of an image, what is not, and what is said of it.
import { describe, expect, it } from "vitest";
import { OciError } from "../../../../src/oci/oci-error.ts";
import { parsePlatform, type Platform } from "../../../../src/pull-through/preload/platform.ts";
import { Preload, type PreloadedImage } from "../../../../src/pull-through/preload/preload.ts";
import { artifact, describeManifest, emptyJson, imageIndex } from "../../../support/images.ts";
import { repository, SmallCache, Upstream } from "./small-cache.ts";

const linux = (architecture: string): Platform =>
  parsePlatform(`linux/${architecture}`) ?? { os: "", architecture: "" };

const order = { platforms: [linux("amd64")], withSignatures: false };
const signal = new AbortController().signal;

describe("a preload", () => {
  it("fetches the manifests and blobs of the wanted platform, and nothing of the others", async () => {
    const upstream = await Upstream.open();
    const { index, amd64, arm64 } = await upstream.addIndex("1", ["amd64", "arm64"]);
    const cache = new SmallCache(upstream.registry);
    const steps: PreloadedImage["phase"][] = [];
    const [report] = await new Preload(cache.parts(), { ...order, images: ["app:1"] }).run({
      signal,
      onProgress: ([one]) => {
        if (one && steps.at(-1) !== one.phase) steps.push(one.phase);
      },
    });
    expect(report).toEqual({
      ...{ image: "app:1", phase: "done", repository, digest: index?.digest, platforms: ["linux/amd64"] },
      ...{ totalBytes: 2100, bytes: 2100, heldBytes: 0, remark: undefined },
    });
    expect(steps).toEqual(["resolving", "fetching", "done"]);
    expect([...cache.manifests].sort()).toEqual([index?.digest, amd64?.digest].sort());
    expect(cache.manifests.has(arm64?.digest ?? "")).toBe(false);
    expect(cache.opened).toHaveLength(3);
  });

  it("asks for nothing that is held already, so that what was broken off goes on where it was", async () => {
    const upstream = await Upstream.open();
    await upstream.addImage("1");
    const cache = new SmallCache(upstream.registry);
    const preload = () => new Preload(cache.parts(), { ...order, images: ["app:1"] }).run({ signal });
    await preload();
    const before = cache.opened.length;
    const [report] = await preload();
    expect(cache.opened).toHaveLength(before);
    expect(report).toMatchObject({ phase: "done", bytes: 2100, heldBytes: 2100 });
  });

  it("of all platforms takes the whole index, and an image that is of one is taken as it is", async () => {
    const upstream = await Upstream.open();
    await upstream.addIndex("all", ["amd64", "arm64", "s390x"]);
    await upstream.addImage("one");
    const cache = new SmallCache(upstream.registry);
    const images = ["app:all", "app:one"];
    const report = await new Preload(cache.parts(), { ...order, platforms: "all", images }).run({ signal });
    expect(report.map(({ platforms, totalBytes }) => [platforms.length, totalBytes])).toEqual([
      [3, 6300],
      [0, 2100],
    ]);
  });

  it("brings signatures along when they are wanted: by tag, by referrer, and as an index lists attestations", async () => {
    const upstream = await Upstream.open();
    const image = await upstream.addImage();
    const attestation = await upstream.addImage();
    const index = await upstream.addManifest(
      imageIndex([
        { ...describeManifest(image), platform: { os: "linux", architecture: "amd64" } } as never,
        {
          ...describeManifest(attestation),
          platform: { os: "unknown", architecture: "unknown" },
          annotations: { "vnd.docker.reference.digest": image.digest },
        } as never,
      ]),
      "1",
    );
    const tagged = await upstream.addImage(`${index.digest.replace(":", "-")}.sig`);
    await upstream.addBlob(emptyJson);
    const referrer = await upstream.addManifest(artifact("application/x.signature", describeManifest(image)));
    const found = async (withSignatures: boolean) => {
      const cache = new SmallCache(upstream.registry);
      const [report] = await new Preload(cache.parts(), { ...order, withSignatures, images: ["app:1"] }).run({
        signal,
      });
      expect(report).toMatchObject({ phase: "done", platforms: ["linux/amd64"] });
      return [attestation, tagged, referrer].map(({ digest }) => cache.manifests.has(digest));
    };
    expect(await found(false)).toEqual([false, false, false]);
    expect(await found(true)).toEqual([true, true, true]);
  });

  it("that fails for an image says why, and goes on with the others", async () => {
    const upstream = await Upstream.open();
    await upstream.addIndex("arm", ["arm64"]);
    await upstream.addImage("good");
    const cache = new SmallCache(upstream.registry);
    const images = ["app:arm", "app:missing", "quay.io/a/b", "no image", "app:good"];
    const report = await new Preload(cache.parts(), { ...order, images }).run({ signal });
    expect(report.map(({ phase, remark = "" }) => `${phase}: ${remark}`)).toEqual([
      "failed: it is not there for linux/amd64; it is for linux/arm64",
      "failed: the upstream has no such image",
      "failed: nothing is mirrored from there: quay.io is no upstream",
      "failed: this is no image: write it as docker pull takes it",
      "done: ",
    ]);
  });

  it("fails for an image whose bytes went through without being kept, or whose upstream refuses", async () => {
    const upstream = await Upstream.open();
    await upstream.addImage("1");
    const cache = new SmallCache(upstream.registry);
    cache.keeps = false;
    const parts = cache.parts();
    const [full] = await new Preload(parts, { ...order, images: ["app:1"] }).run({ signal });
    expect(full?.remark).toMatch(/no room to keep it/);
    const find = () => Promise.reject(new OciError("upstreamFailed", { detail: { reason: "dns" } }));
    const refusing = {
      ...parts,
      registry: { ...parts.registry, manifests: { ...parts.registry.manifests, find } },
    };
    const [refused] = await new Preload(refusing, { ...order, images: ["app:1"] }).run({ signal });
    expect(refused?.remark).toMatch(/can't be reached or fails.*\(dns\)$/);
  });

  it("ends when it is told to, in the middle of an image", async () => {
    const upstream = await Upstream.open();
    await upstream.addImage("1");
    const stop = new AbortController();
    const running = new Preload(new SmallCache(upstream.registry).parts(), {
      ...order,
      images: ["app:1", "app:1b"],
    });
    const onProgress = () => stop.abort(new Error("ended by the test"));
    await expect(running.run({ signal: stop.signal, onProgress })).rejects.toThrow("ended by the test");
    expect(running.images.map(({ phase }) => phase)).not.toContain("done");
  });
});
