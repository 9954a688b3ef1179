// end-12: what refers to a manifest, before and after it is there, by API and by fallback tag (REQ-20).
import { describe, expect, it } from "vitest";
import {
  artifact,
  describeBlob,
  describeManifest,
  digestOf,
  emptyJson,
  imageIndex,
  imageManifest,
  mediaTypes,
  randomBlob,
  type Descriptor,
  type Manifest,
} from "../../support/images.ts";
import { expectError, jsonOf, nextPageOf } from "../../support/oci-answer.ts";
import { useRegistry } from "../../support/use-registry.ts";

const use = useRegistry();
const signature = "application/vnd.example.signature";
const sbom = "application/vnd.example.sbom";

async function list(repository: string, subject: string, query = ""): Promise<Descriptor[]> {
  const answer = await use.client.send("GET", `/v2/${repository}/referrers/${subject}${query}`);
  expect([answer.status, answer.headers["content-type"]]).toEqual([200, mediaTypes.index]);
  const index = jsonOf(answer) as { manifests: Descriptor[] };
  expect(index).toMatchObject({ schemaVersion: 2, mediaType: mediaTypes.index });
  expect(nextPageOf(answer)).toBeUndefined();
  return index.manifests;
}

async function attach(
  repository: string,
  type: string,
  subject: Descriptor,
  annotations?: Record<string, string>,
): Promise<Manifest> {
  await use.client.pushBlob(repository, emptyJson);
  const manifest = artifact(type, subject, annotations);
  const answer = await use.client.putManifest(repository, manifest.digest, manifest);
  expect([answer.status, answer.headers["oci-subject"]]).toEqual([201, subject.digest]);
  return manifest;
}

const byDigest = (a: { digest: string }, b: { digest: string }) => (a.digest < b.digest ? -1 : 1);

describe("referrers", () => {
  it("of what nobody knows are an empty list, never a 404", async () => {
    expect(await list("refs/none", digestOf("unknown"))).toEqual([]);
    expect(await list("refs/none", digestOf("unknown", "sha512"))).toEqual([]);
    expectError(await use.client.send("GET", "/v2/refs/none/referrers/latest"), 400, "DIGEST_INVALID");
  });

  it("are descriptors with artifactType and annotations, before their subject is there and after", async () => {
    const config = randomBlob();
    await use.client.pushBlob("refs/early", config);
    const image = imageManifest(config, []);
    const first = await attach("refs/early", signature, describeManifest(image), { "org.example.by": "é" });
    const expected = [
      { ...describeManifest(first), artifactType: signature, annotations: { "org.example.by": "é" } },
    ];
    expect(await list("refs/early", image.digest)).toEqual(expected);
    await use.client.pushManifest("refs/early", "v1", image);
    expect(await list("refs/early", image.digest)).toEqual(expected);
    expect(await list("refs/elsewhere", image.digest)).toEqual([]);
  });

  it("take the config's type for an image without artifactType, and none for an index", async () => {
    const subject = describeBlob(randomBlob(), mediaTypes.manifest);
    const config = randomBlob();
    await use.client.pushBlob("refs/types", config);
    const image = imageManifest(config, [], { subject });
    const index = imageIndex([], { subject });
    const typed = imageIndex([], { subject, artifactType: sbom });
    for (const manifest of [image, index, typed])
      await use.client.pushManifest("refs/types", manifest.digest, manifest);
    const expected = [
      { ...describeManifest(image), artifactType: mediaTypes.config },
      describeManifest(index),
      { ...describeManifest(typed), artifactType: sbom },
    ];
    expect(await list("refs/types", subject.digest)).toEqual(expected.toSorted(byDigest));
  });

  it("can be filtered by artifactType, and say so", async () => {
    const subject = describeBlob(randomBlob(), mediaTypes.manifest);
    const signed = await attach("refs/filter", signature, subject);
    await attach("refs/filter", sbom, subject);
    expect(await list("refs/filter", subject.digest)).toHaveLength(2);
    const query = `?artifactType=${encodeURIComponent(signature)}`;
    expect((await list("refs/filter", subject.digest, query)).map(({ digest }) => digest)).toEqual([
      signed.digest,
    ]);
    expect(await list("refs/filter", subject.digest, "?artifactType=application/none")).toEqual([]);
    const filtered = await use.client.send("GET", `/v2/refs/filter/referrers/${subject.digest}${query}`);
    expect(filtered.headers["oci-filters-applied"]).toBe("artifactType");
    const all = await use.client.send("GET", `/v2/refs/filter/referrers/${subject.digest}`);
    expect(all.headers["oci-filters-applied"]).toBeUndefined();
  });

  it("go when they are deleted", async () => {
    const subject = describeBlob(randomBlob(), mediaTypes.manifest);
    const signed = await attach("refs/gone", signature, subject);
    expect((await use.client.send("DELETE", `/v2/refs/gone/manifests/${signed.digest}`)).status).toBe(202);
    expect(await list("refs/gone", subject.digest)).toEqual([]);
  });

  it("of a sha512 subject are found by it", async () => {
    const subject = { ...describeBlob(randomBlob(), mediaTypes.manifest), digest: digestOf("s", "sha512") };
    const signed = await attach("refs/sha512", signature, subject);
    expect((await list("refs/sha512", subject.digest)).map(({ digest }) => digest)).toEqual([signed.digest]);
  });
});

describe("the fallback tag", () => {
  const tagOf = (digest: string) => digest.replace(":", "-").slice(0, "sha256-".length + 64);

  it.each(["sha256", "sha512"] as const)(
    "is an ordinary tag whose list is folded in, each digest once (%s)",
    async (algorithm) => {
      const repository = `refs/fallback-${algorithm}`;
      const subject = {
        ...describeBlob(randomBlob(), mediaTypes.manifest),
        digest: digestOf(randomBlob(), algorithm),
      };
      const both = await attach(repository, signature, subject);
      const byTag = artifact(sbom, undefined, { only: "listed" });
      await use.client.pushManifest(repository, byTag.digest, byTag);
      const entries = [
        { ...describeManifest(both), artifactType: signature },
        { ...describeManifest(byTag), artifactType: sbom },
      ];
      const fallback = imageIndex(entries);
      await use.client.pushManifest(repository, tagOf(subject.digest), fallback);
      const expected = [
        { ...describeManifest(both), artifactType: signature },
        { ...describeManifest(byTag), artifactType: sbom, annotations: { only: "listed" } },
      ].toSorted(byDigest);
      expect(await list(repository, subject.digest)).toEqual(expected);
      const filtered = await list(repository, subject.digest, `?artifactType=${encodeURIComponent(sbom)}`);
      expect(filtered.map(({ digest }) => digest)).toEqual([byTag.digest]);
      const tag = await use.client.send("GET", `/v2/${repository}/manifests/${tagOf(subject.digest)}`);
      expect(tag.body.equals(fallback.bytes)).toBe(true);
      expect(
        (await use.client.send("DELETE", `/v2/${repository}/manifests/${tagOf(subject.digest)}`)).status,
      ).toBe(202);
      expect((await list(repository, subject.digest)).map(({ digest }) => digest)).toEqual([both.digest]);
    },
  );

  it("may hold anything else without harm", async () => {
    const subject = digestOf(randomBlob());
    const image = await use.client.pushImage("refs/odd", tagOf(subject));
    expect(image.digest).toBeDefined();
    expect(await list("refs/odd", subject)).toEqual([]);
    const odd = {
      bytes: Buffer.from('{"manifests":[null,5,{"digest":7},{"digest":{"toString":1}},"x"]}'),
      mediaType: "application/vnd.odd+json",
      digest: "",
    };
    await use.client.pushManifest("refs/odd", tagOf(subject), odd);
    expect(await list("refs/odd", subject)).toEqual([]);
  });
});

describe("a list of more than 4 MiB", () => {
  it("comes in pages that clients can hold, joined by Link, each referrer once in order", async () => {
    const subject = describeBlob(randomBlob(), mediaTypes.manifest);
    const pushed: string[] = [];
    for (let n = 0; n < 12; n++) {
      const type = n % 2 === 0 ? signature : sbom;
      pushed.push(
        (await attach("refs/big", type, subject, { n: String(n), filling: "x".repeat(900_000) })).digest,
      );
    }
    const listed = artifact(signature, undefined, { filling: "y".repeat(900_000) });
    await use.client.pushManifest("refs/big", listed.digest, listed);
    pushed.push(listed.digest);
    await use.client.pushManifest(
      "refs/big",
      subject.digest.replace(":", "-"),
      imageIndex([describeManifest(listed)]),
    );
    const path = `/v2/refs/big/referrers/${subject.digest}`;
    const pages = (await use.client.pages(path)) as { manifests: Descriptor[] }[];
    expect(pages).toHaveLength(4);
    for (const page of pages) expect(JSON.stringify(page).length).toBeLessThanOrEqual(4 * 1024 * 1024);
    expect(pages.flatMap(({ manifests }) => manifests.map(({ digest }) => digest))).toEqual(
      pushed.toSorted(),
    );
    const filtered = (await use.client.pages(
      `${path}?artifactType=${encodeURIComponent(sbom)}`,
    )) as typeof pages;
    expect(filtered).toHaveLength(2);
    expect(
      filtered.flatMap(({ manifests }) => manifests).every(({ artifactType }) => artifactType === sbom),
    ).toBe(true);
    expect(filtered.flatMap(({ manifests }) => manifests)).toHaveLength(6);
  });

  it("can only be gone on with from a digest", async () => {
    const answer = await use.client.send("GET", `/v2/refs/big/referrers/${digestOf("x")}?last=nonsense`);
    expectError(answer, 400, "DIGEST_INVALID");
  });
});
