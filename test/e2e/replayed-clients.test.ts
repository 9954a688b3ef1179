// Clients that are not installed here, replayed by the requests they are known to send: whatever they push comes back
// byte for byte under the media type they gave it.
import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { ociIndex, ociManifest } from "../support/clients/image-layout.ts";
import { describeBlob, type Descriptor, json, pushBlobsOf } from "../support/clients/push-artifact.ts";
import { locationOf, sha256 } from "../support/clients/registry-http.ts";
import { replayedArtifacts } from "../support/clients/replayed-artifacts.ts";
import { uploadLikeCrane, uploadLikeOras } from "../support/clients/upload-sequences.ts";
import { berthForThisFile } from "./berth-process.ts";

const berth = berthForThisFile();

async function expectServed(
  repository: string,
  reference: string,
  manifest: Buffer,
  mediaType: string,
): Promise<void> {
  const path = `/v2/${repository}/manifests/${reference}`;
  const get = await berth.current.http.send("GET", path, { headers: { accept: `${mediaType}, */*` } });
  expect(get.status).toBe(200);
  expect(get.body).toEqual(manifest);
  const head = await berth.current.http.send("HEAD", path);
  for (const answer of [get, head]) {
    expect(answer.headers["content-type"]).toBe(mediaType);
    expect(answer.headers["docker-content-digest"]).toBe(sha256(manifest));
    expect(answer.headers["content-length"]).toBe(String(manifest.length));
  }
}

async function referrersOf(repository: string, digest: string, query = ""): Promise<Descriptor[]> {
  const answer = await berth.current.http.send("GET", `/v2/${repository}/referrers/${digest}${query}`);
  expect(answer.status).toBe(200);
  expect(answer.headers["content-type"]).toBe(ociIndex);
  return (JSON.parse(answer.body.toString("utf8")) as { manifests: Descriptor[] }).manifests;
}

/** A plain image to sign, attest or copy. */
async function pushSubject(
  repository: string,
): Promise<{ digest: string; descriptor: Descriptor; layer: string }> {
  const { http } = berth.current;
  const [config, layer] = [json({ os: "linux" }), randomBytes(10_000)];
  for (const content of [config, layer]) await uploadLikeOras(http, repository, content);
  const manifest = json({
    schemaVersion: 2,
    mediaType: ociManifest,
    config: describeBlob("application/vnd.oci.image.config.v1+json", config),
    layers: [describeBlob("application/vnd.oci.image.layer.v1.tar", layer)],
  });
  expect((await http.pushManifest(repository, "1", manifest, ociManifest)).status).toBe(201);
  return { digest: sha256(manifest), descriptor: describeBlob(ociManifest, manifest), layer: sha256(layer) };
}

for (const [index, artifact] of replayedArtifacts.entries()) {
  describe(`${artifact.client} (replayed)`, () => {
    it(`pushes and pulls ${artifact.what}`, async () => {
      const { http } = berth.current;
      const repository = `replayed/artifact${index}`;
      const manifest = await pushBlobsOf(http, artifact, repository);
      const missing = await http.send("HEAD", `/v2/${repository}/manifests/v1`);
      expect(missing.status).toBe(404);
      for (const reference of [sha256(manifest), "v1"]) {
        const put = await http.pushManifest(repository, reference, manifest, artifact.mediaType);
        expect(put.status).toBe(201);
        expect(put.headers["docker-content-digest"]).toBe(sha256(manifest));
        await expectServed(repository, reference, manifest, artifact.mediaType);
      }
    });
  });
}

describe("crane (replayed)", () => {
  it("copies an image to another repository by mounting, and falls back when the source has not the blob", async () => {
    const { http } = berth.current;
    const { layer } = await pushSubject("replayed/source");
    const mount = (digest: string): string =>
      `/v2/replayed/target/blobs/uploads/?mount=${digest}&from=replayed%2Fsource&origin=127.0.0.1`;
    const mounted = await http.send("POST", mount(layer), { headers: { "content-length": 0 } });
    expect(mounted.status).toBe(201);
    expect((await http.digestOf(locationOf(mounted))).digest).toBe(layer);
    const refused = await http.send("POST", mount(sha256("absent")), { headers: { "content-length": 0 } });
    expect(refused.status).toBe(202);
    expect(locationOf(refused)).toMatch(/^\/v2\/replayed\/target\/blobs\/uploads\//);
  });
});

describe("regctl (replayed)", () => {
  it("mounts without naming a source", async () => {
    const { http } = berth.current;
    const { layer } = await pushSubject("replayed/anonymous");
    const answer = await http.send("POST", `/v2/replayed/elsewhere/blobs/uploads/?mount=${layer}`, {
      headers: { "content-length": 0 },
    });
    expect(answer.status).toBe(201);
    expect((await http.digestOf(`/v2/replayed/elsewhere/blobs/${layer}`)).digest).toBe(layer);
  });
});

describe("cosign 2 (replayed)", () => {
  it("stores a signature under the tag sha256-<hex>.sig and finds it there", async () => {
    const { http } = berth.current;
    const repository = "replayed/signed";
    const { digest } = await pushSubject(repository);
    const tag = `${digest.replace(":", "-")}.sig`;
    expect((await http.send("GET", `/v2/${repository}/manifests/${tag}`)).status).toBe(404);
    const [payload, config] = [
      json({ critical: { image: { "docker-manifest-digest": digest } } }),
      json({ os: "" }),
    ];
    for (const content of [payload, config]) await uploadLikeCrane(http, repository, content);
    const signature = json({
      schemaVersion: 2,
      mediaType: ociManifest,
      config: describeBlob("application/vnd.oci.image.config.v1+json", config),
      layers: [
        {
          ...describeBlob("application/vnd.dev.cosign.simplesigning.v1+json", payload),
          annotations: { "dev.cosignproject.cosign/signature": "c2lnbmF0dXJl" },
        },
      ],
    });
    expect((await http.pushManifest(repository, tag, signature, ociManifest)).status).toBe(201);
    await expectServed(repository, tag, signature, ociManifest);
  });
});

for (const { client, artifactType, layerType, configType } of [
  {
    client: "cosign 3",
    artifactType: "application/vnd.dev.sigstore.bundle.v0.3+json",
    layerType: "application/vnd.dev.sigstore.bundle.v0.3+json",
    configType: "application/vnd.oci.empty.v1+json",
  },
  {
    client: "notation",
    artifactType: "application/vnd.cncf.notary.signature",
    layerType: "application/jose+json",
    configType: "application/vnd.cncf.notary.signature",
  },
]) {
  describe(`${client} (replayed)`, () => {
    it.each(["before", "after"])(
      "attaches a signature %s its subject arrives, and lists it by type",
      async (when) => {
        const { http } = berth.current;
        const repository = `replayed/${client.replace(" ", "")}-${when}`;
        const source = await pushSubject(`${repository}-source`);
        expect(await referrersOf(repository, source.digest)).toEqual([]);
        const [config, layer] = [Buffer.from("{}"), json({ signature: randomBytes(32).toString("base64") })];
        const signature = json({
          schemaVersion: 2,
          mediaType: ociManifest,
          ...(configType.includes("empty") ? { artifactType } : {}),
          config: describeBlob(configType, config),
          layers: [describeBlob(layerType, layer)],
          subject: source.descriptor,
          annotations: { "org.example.signed": "yes" },
        });
        const copySubject = async (): Promise<void> => {
          const manifest = await http.send("GET", `/v2/${repository}-source/manifests/1`);
          const { config: image, layers } = JSON.parse(manifest.body.toString("utf8")) as {
            config: Descriptor;
            layers: Descriptor[];
          };
          for (const { digest } of [image, ...layers]) {
            const mount = `/v2/${repository}/blobs/uploads/?mount=${digest}&from=${repository}-source`;
            expect((await http.send("POST", mount)).status).toBe(201);
          }
          expect(
            (await http.pushManifest(repository, source.digest, manifest.body, ociManifest)).status,
          ).toBe(201);
        };
        if (when === "after") await copySubject();
        for (const content of [config, layer]) await uploadLikeOras(http, repository, content);
        const put = await http.pushManifest(repository, sha256(signature), signature, ociManifest);
        expect(put.status).toBe(201);
        expect(put.headers["oci-subject"]).toBe(source.digest);
        if (when === "before") await copySubject();
        const wanted = [
          {
            ...describeBlob(ociManifest, signature),
            artifactType,
            annotations: { "org.example.signed": "yes" },
          },
        ];
        expect(await referrersOf(repository, source.digest)).toEqual(wanted);
        const filter = (type: string): string => `?artifactType=${encodeURIComponent(type)}`;
        expect(await referrersOf(repository, source.digest, filter(artifactType))).toEqual(wanted);
        expect(await referrersOf(repository, source.digest, filter("application/x-other"))).toEqual([]);
      },
    );
  });
}

describe("oras before the referrers API (replayed)", () => {
  it("lists a signature that was recorded in the fallback tag sha256-<hex>", async () => {
    const { http } = berth.current;
    const repository = "replayed/fallback";
    const { digest, descriptor } = await pushSubject(repository);
    const config = Buffer.from("{}");
    await uploadLikeOras(http, repository, config);
    const artifact = json({
      schemaVersion: 2,
      mediaType: ociManifest,
      artifactType: "application/vnd.example.sbom",
      config: describeBlob("application/vnd.oci.empty.v1+json", config),
      layers: [describeBlob("application/vnd.oci.empty.v1+json", config)],
      annotations: { subject: descriptor.digest },
    });
    expect((await http.pushManifest(repository, sha256(artifact), artifact, ociManifest)).status).toBe(201);
    const entry = { ...describeBlob(ociManifest, artifact), artifactType: "application/vnd.example.sbom" };
    const fallback = json({ schemaVersion: 2, mediaType: ociIndex, manifests: [entry] });
    const tag = digest.replace(":", "-");
    expect((await http.pushManifest(repository, tag, fallback, ociIndex)).status).toBe(201);
    expect((await referrersOf(repository, digest)).map((one) => one.digest)).toEqual([entry.digest]);
    await expectServed(repository, tag, fallback, ociIndex);
  });
});

describe("docker on Windows (replayed)", () => {
  it("pushes an image with a foreign layer that is not uploaded", async () => {
    const { http } = berth.current;
    const repository = "replayed/foreign";
    const [config, layer] = [json({ os: "windows" }), randomBytes(1000)];
    for (const content of [config, layer]) await uploadLikeCrane(http, repository, content);
    const manifestType = "application/vnd.docker.distribution.manifest.v2+json";
    const manifest = json({
      schemaVersion: 2,
      mediaType: manifestType,
      config: describeBlob("application/vnd.docker.container.image.v1+json", config),
      layers: [
        {
          ...describeBlob(
            "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
            Buffer.from("elsewhere"),
          ),
          urls: ["https://example.invalid/layer"],
        },
        describeBlob("application/vnd.docker.image.rootfs.diff.tar.gzip", layer),
      ],
    });
    expect((await http.pushManifest(repository, "ltsc", manifest, manifestType)).status).toBe(201);
    await expectServed(repository, "ltsc", manifest, manifestType);
  });
});
