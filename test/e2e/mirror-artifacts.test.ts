// What is no plain image, through the mirror: signatures that are really verified, charts, caches of builds, and manifests
// written in every way; first with the upstreams there, then without them, by the same requests.
import { generateKeyPairSync, sign, verify } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ociIndex, ociManifest } from "../support/clients/image-layout.ts";
import { describeBlob, type Descriptor, json, pushArtifact } from "../support/clients/push-artifact.ts";
import { expectStatus, sha256 } from "../support/clients/registry-http.ts";
import { replayedArtifacts } from "../support/clients/replayed-artifacts.ts";
import { runCommand } from "../support/clients/run-command.ts";
import { removeScratchFolder } from "../support/clients/scratch-folder.ts";
import { verifyImage } from "../support/clients/verify-image.ts";
import { type FakeUpstream, startFakeUpstream } from "../support/upstream/fake-upstream.ts";
import { manifestShapes } from "../support/upstream/manifest-shapes.ts";
import { BerthProcess, berthProgram } from "./berth-process.ts";
import { mirrorConfiguration, type MirrorFiles } from "./mirror-berth.ts";

interface Artifact {
  readonly config: Descriptor;
  readonly layers: (Descriptor & { readonly annotations?: Record<string, string> })[];
  readonly manifests: Descriptor[];
}

const keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
const signatureType = "application/vnd.dev.cosign.artifact.sig.v1+json";
const signatureKey = "dev.cosignproject.cosign/signature";

/** How a signature is found at a registry, by which client. */
const ways = {
  "cosign 2, under the tag sha256-….sig": "sig",
  "cosign and notation, by the referrers API": "referrers",
  "oras, by the API, of an upstream that has only the fallback tag": "fallback",
  "oras of old, under the fallback tag itself": "fallbackTag",
} as const;
type Way = (typeof ways)[keyof typeof ways];

/** Of the upstream; that of `fallback` repositories has no referrers API. */
const repositoryOf = (way: Way): string =>
  `${way.startsWith("fallback") ? "old" : "team"}/${way.toLowerCase()}`;

let upstream: FakeUpstream;
/** An upstream that can be pushed to. */
let pushed: BerthProcess;
let files: MirrorFiles;
let berth: BerthProcess;
const artifacts = new Map<string, Buffer>();
const digests = new Map<string, string>();

/** Adds an image and its signature, to be found in these ways. */
function addSigned(repository: string, found: readonly Way[]): void {
  const image = upstream.addImage(repository, "1", { platforms: ["linux/amd64", "linux/arm64"] });
  digests.set(repository, image.digest);
  const payload = json({ critical: { image: { "docker-manifest-digest": image.digest } }, optional: null });
  const config = json({ signature: "of cosign" });
  for (const blob of [payload, config]) upstream.addBlob(repository, blob);
  const annotations = { [signatureKey]: sign("sha256", payload, keys.privateKey).toString("base64") };
  const layer = { ...describeBlob("application/vnd.dev.cosign.simplesigning.v1+json", payload), annotations };
  const signature = {
    ...{ schemaVersion: 2, mediaType: ociManifest, artifactType: signatureType },
    ...{ config: describeBlob("application/vnd.oci.image.config.v1+json", config), layers: [layer] },
  };
  const subject = { mediaType: image.mediaType, digest: image.digest, size: image.bytes.length };
  const tag = image.digest.replace(":", "-");
  const add = (manifest: object, mediaType: string, ...tags: string[]) =>
    upstream.addManifest(json(manifest), mediaType, { name: repository, tags });
  if (found.includes("sig")) add(signature, ociManifest, `${tag}.sig`);
  if (found.includes("referrers")) add({ ...signature, subject }, ociManifest);
  if (!found.includes("fallback")) return;
  add({ ...signature, subject }, ociManifest);
  const entry = {
    ...describeBlob(ociManifest, json({ ...signature, subject })),
    artifactType: signatureType,
  };
  add({ schemaVersion: 2, mediaType: ociIndex, manifests: [entry] }, ociIndex, tag);
}

const get = (repository: string, path: string, accept = "*/*") =>
  berth.http.send("GET", `/v2/${repository}/${path}`, { headers: { accept } });

/** The body of a 200 whose digest is right, where the path has one. */
async function fetchFrom(repository: string, path: string): Promise<Buffer> {
  const answer = await get(repository, path);
  expectStatus(answer, 200, `GET of ${repository}/${path}`);
  const digest = /sha256:\w+$/.exec(path)?.[0];
  if (digest !== undefined && !path.startsWith("referrers/")) expect(sha256(answer.body)).toBe(digest);
  return answer.body;
}

/** The manifest of the signature, as its client looks for it. */
async function findSignature(repository: string, digest: string, way: Way): Promise<Artifact> {
  const tag = digest.replace(":", "-");
  if (way === "sig") return parse(await fetchFrom(repository, `manifests/${tag}.sig`));
  const list = {
    referrers: `referrers/${digest}?artifactType=${encodeURIComponent(signatureType)}`,
    fallback: `referrers/${digest}`,
    fallbackTag: `manifests/${tag}`,
  }[way];
  const { manifests } = parse(await fetchFrom(repository, list));
  expect(manifests).toHaveLength(1);
  return parse(await fetchFrom(repository, `manifests/${manifests[0]?.digest}`));
}

const parse = (body: Buffer): Artifact => JSON.parse(body.toString()) as Artifact;

/** By the key of who signed, over what the signature says of the image that the tag means. */
async function expectVerified(repository: string, way: Way): Promise<void> {
  const image = await verifyImage(berth.http, repository, "1");
  const { layers } = await findSignature(repository, image.digest, way);
  const payload = await fetchFrom(repository, `blobs/${layers[0]?.digest}`);
  expect(payload.toString()).toContain(`"docker-manifest-digest":"${image.digest}"`);
  const signature = Buffer.from(layers[0]?.annotations?.[signatureKey] ?? "", "base64");
  expect(verify("sha256", payload, keys.publicKey, signature)).toBe(true);
}

beforeAll(async () => {
  upstream = await startFakeUpstream();
  upstream.faults.set({ kind: "no-referrers" }, { where: ({ name }) => name.startsWith("old/") });
  pushed = await BerthProcess.start();
  for (const way of Object.values(ways)) {
    addSigned(repositoryOf(way), way === "fallbackTag" ? ["fallback"] : [way]);
  }
  addSigned("team/advance", ["sig", "referrers"]);
  addSigned("team/later", ["sig", "referrers"]);
  for (const [at, { bytes, mediaType }] of manifestShapes.entries()) {
    upstream.addManifest(bytes, mediaType, { name: `shapes/s${at}`, tags: ["1"] });
  }
  for (const [at, artifact] of replayedArtifacts.entries()) {
    artifacts.set(`pushed/a${at}`, await pushArtifact(pushed.http, artifact, `pushed/a${at}`, "1"));
  }
  files = await mirrorConfiguration({
    upstreams: [
      { host: "signed.example", url: upstream.url, tagTtlSeconds: 0 },
      { host: "pushed.example", url: `http://${pushed.host}`, tagTtlSeconds: 0 },
    ],
    mirror: { minFreeBytes: 0 },
  });
  berth = await BerthProcess.start(files.environment);
});
afterAll(async () => {
  await berth.close();
  await pushed.close();
  await upstream.close().catch(() => undefined);
  await removeScratchFolder(files.folder);
});

describe.each(["there", "gone"] as const)("artifacts of an upstream that is %s", (upstreamIs) => {
  beforeAll(async () => {
    if (upstreamIs === "there") return;
    await upstream.disappear();
    await pushed.stop();
  });
  /** What a tag's answer says of where it comes from, at any time but the first. */
  const cacheStatus = upstreamIs === "there" ? "berth; hit" : "berth; hit; detail=stale";

  it.each(manifestShapes.map((shape, at) => [shape.what, shape, at] as const))(
    "serves %s byte for byte",
    async (_, { bytes, mediaType }, at) => {
      const repository = `signed.example/shapes/s${at}`;
      for (const reference of ["1", sha256(bytes)]) {
        const answer = await get(repository, `manifests/${reference}`, `${mediaType}, */*`);
        expect([answer.status, answer.body.equals(bytes)]).toEqual([200, true]);
        const head = await berth.http.send("HEAD", `/v2/${repository}/manifests/${reference}`);
        for (const { headers } of [answer, head]) {
          expect(headers).toMatchObject({
            "content-type": mediaType,
            "content-length": String(bytes.length),
            "docker-content-digest": sha256(bytes),
          });
        }
        expect(head.headers["cache-status"]).toBe(reference === "1" ? cacheStatus : "berth; hit");
      }
    },
  );

  it.each(replayedArtifacts.map((artifact, at) => [artifact.client, artifact.what, artifact, at] as const))(
    "serves what %s pushed there, %s",
    async (_, __, { mediaType }, at) => {
      const repository = `pushed.example/pushed/a${at}`;
      const manifest = artifacts.get(`pushed/a${at}`) ?? Buffer.of();
      const head = await berth.http.send("HEAD", `/v2/${repository}/manifests/1`);
      expect([head.status, head.headers["docker-content-digest"]]).toEqual([200, sha256(manifest)]);
      const answer = await get(repository, `manifests/${sha256(manifest)}`);
      expect([answer.status, answer.headers["content-type"]]).toEqual([200, mediaType]);
      expect(answer.body.equals(manifest)).toBe(true);
      const { config, layers = [], manifests = [] } = parse(answer.body) as Partial<Artifact>;
      const blobs = [...(config ? [config] : []), ...layers, ...manifests];
      expect(blobs).toHaveLength(3);
      for (const { digest, size } of blobs) {
        expect(await fetchFrom(repository, `blobs/${digest}`)).toHaveLength(size);
      }
    },
  );

  it.each(Object.entries(ways))("lets signatures be verified as by %s", (_, way) =>
    expectVerified(`signed.example/${repositoryOf(way)}`, way),
  );
});

describe("signatures of images that were fetched in advance", () => {
  beforeAll(async () => {
    await upstream.comeBack();
    // Nothing is asked for a while once an upstream failed.
    await berth.stop();
    const image = "signed.example/team/advance:1";
    await runCommand(
      process.execPath,
      [
        ...[berthProgram, "mirror", "pull", image, "--platform", "all", "--with-signatures"],
        ...["--data", berth.data],
      ],
      { environment: files.environment },
    );
    await berth.start();
    // This one without.
    await verifyImage(berth.http, "signed.example/team/later", "1");
    await upstream.disappear();
  });

  it.each(["sig", "referrers"] as const)("are verified with the upstream gone, found by %s", (way) =>
    expectVerified("signed.example/team/advance", way),
  );

  it("that were not asked for while the upstream was there are an error: never no signature", async () => {
    const digest = digests.get("team/later") ?? "";
    for (const path of [`manifests/${digest.replace(":", "-")}.sig`, `referrers/${digest}`]) {
      const { status } = await get("signed.example/team/later", path);
      expect(status).toBe(502);
    }
  });
});
