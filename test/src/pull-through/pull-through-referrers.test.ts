import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { digestOf, parseDigest, type Digest } from "../../../storage/digest.ts";
import { OciError } from "../../../src/oci/oci-error.ts";
import { referrersTagOf } from "../../../src/oci/referrers-tag.ts";
import { mediaTypes, randomBlob } from "../../support/images.ts";
import { openMirror, referenceTo, repositoryNamed, type MirrorUnderTest } from "./mirror-under-test.ts";

const repository = repositoryNamed("up.example/app");

let mirror: MirrorUnderTest;
beforeEach(async () => {
  mirror = await openMirror();
});
afterEach(() => mirror.close());

async function kindOf(promise: Promise<unknown>): Promise<string | undefined> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    if (error instanceof OciError) return error.kind;
    throw error;
  }
}

function digest(text: string): Digest {
  const parsed = parseDigest(text);
  if (parsed === undefined) throw new Error(`${text} is no digest`);
  return parsed;
}

describe("what refers to a manifest of an upstream", () => {
  const subject = digestOf(randomBlob());
  const descriptors = [
    {
      mediaType: mediaTypes.manifest,
      digest: digestOf(randomBlob()),
      size: 7,
      artifactType: "a/sig",
      annotations: { k: "v" },
    },
    { mediaType: mediaTypes.manifest, digest: digestOf(randomBlob()), size: 8, artifactType: "a/sbom" },
  ].sort((a, b) => (a.digest < b.digest ? -1 : 1));
  const index = (manifests: unknown) =>
    Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests }));

  it("is told before it is here, and when the upstream is gone", async () => {
    mirror.upstream.referrers = index(descriptors);
    const { referrers } = mirror.registry;
    expect(await referrers.list(repository, subject, {})).toMatchObject({
      manifests: descriptors,
      cache: { outcome: "miss" },
    });
    expect(await referrers.list(repository, subject, { artifactType: "a/sig" })).toMatchObject({
      manifests: descriptors.filter(({ artifactType }) => artifactType === "a/sig"),
    });
    expect(
      await referrers.list(repository, subject, { after: digest(descriptors[0]?.digest ?? "") }),
    ).toMatchObject({
      manifests: descriptors.slice(1),
    });
    expect(mirror.upstream.calls).toHaveLength(1);
    mirror.clock.seconds += 3600;
    mirror.upstream.fault = "dns";
    expect(await referrers.list(repository, subject, {})).toMatchObject({
      manifests: descriptors,
      cache: { outcome: "stale" },
    });
  });

  it("is asked for again within minutes", async () => {
    mirror.upstream.referrers = index([]);
    expect(await mirror.registry.referrers.list(repository, subject, {})).toMatchObject({ manifests: [] });
    mirror.upstream.referrers = index(descriptors);
    mirror.clock.seconds += 60;
    expect(await mirror.registry.referrers.list(repository, subject, {})).toMatchObject({
      manifests: descriptors,
    });
  });

  it("is asked for also when the upstream has just said that it has no such tag", async () => {
    mirror.upstream.referrers = index(descriptors);
    const { manifests, referrers } = mirror.registry;
    const tag = referenceTo(referrersTagOf(subject));
    const fresh = { manifests: descriptors, cache: { outcome: "miss" } };
    expect(await manifests.find(repository, tag)).toBeUndefined();
    expect(await referrers.list(repository, subject, {})).toMatchObject(fresh);
    mirror.clock.seconds += 60;
    expect(await manifests.find(repository, tag)).toBeUndefined();
    expect(await referrers.list(repository, subject, {})).toMatchObject(fresh);
  });

  it("is another thing than what the upstream tags so: with it there and gone, whichever was asked for last", async () => {
    const tag = referrersTagOf(subject);
    const tagged = index([{ mediaType: mediaTypes.manifest, digest: digestOf(randomBlob()), size: 9 }]);
    const { manifests, referrers, tags } = mirror.registry;
    mirror.upstream.referrers = index(descriptors);
    mirror.upstream.addManifest("app", tagged, mediaTypes.index, tag);
    for (const fault of [undefined, undefined, "dns"] as const) {
      mirror.upstream.fault = fault;
      expect(await manifests.find(repository, referenceTo(tag))).toMatchObject({ bytes: tagged });
      expect(await referrers.list(repository, subject, {})).toMatchObject({ manifests: descriptors });
      mirror.clock.seconds += 3600;
    }
    expect(await tags.list(repository, { limit: 10 })).toMatchObject({ entries: [tag], more: false });
    expect(await tags.list(repository, { limit: 10, after: tag })).toMatchObject({
      entries: [],
      more: false,
    });
  });

  it("is an empty list where the upstream knows of none, and no list where it can't be asked", async () => {
    expect(await mirror.registry.referrers.list(repository, subject, {})).toMatchObject({ manifests: [] });
    mirror.upstream.fault = "tls";
    const other = digestOf(randomBlob());
    expect(await kindOf(mirror.registry.referrers.list(repository, other, {}))).toBe("upstreamFailed");
  });

  it("is not taken from an answer that is no list", async () => {
    mirror.upstream.referrers = Buffer.from("<html>");
    expect(await kindOf(mirror.registry.referrers.list(repository, subject, {}))).toBe("upstreamFailed");
  });

  it("leaves out what is no descriptor", async () => {
    mirror.upstream.referrers = index([null, { digest: "x" }, ...descriptors, descriptors[0]]);
    expect(await mirror.registry.referrers.list(repository, subject, {})).toMatchObject({
      manifests: descriptors,
    });
  });
});
