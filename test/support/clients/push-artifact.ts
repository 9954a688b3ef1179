// Pushes a replayed artifact as its client does: its blobs, one after the other, and then the manifest that names them.
import { randomBytes } from "node:crypto";
import { expectStatus, type RegistryHttp, sha256 } from "./registry-http.ts";
import type { ReplayedArtifact } from "./replayed-artifacts.ts";

export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
}

export const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

export const describeBlob = (mediaType: string, content: Buffer): Descriptor => ({
  mediaType,
  digest: sha256(content),
  size: content.length,
});

/** Uploads configuration and layers of random bytes; the manifest is yet to be pushed. */
export async function pushBlobsOf(
  http: RegistryHttp,
  artifact: ReplayedArtifact,
  repository: string,
): Promise<Buffer> {
  const { mediaType, saysMediaType, artifactType, shape, layerType, configType } = artifact;
  const pushed = async (type: string, content: Buffer): Promise<Descriptor> => {
    await artifact.upload(http, repository, content);
    return describeBlob(type, content);
  };
  const empty = configType.includes("empty");
  const config = await pushed(
    configType,
    empty ? Buffer.from("{}") : json({ made: randomBytes(4).toString("hex") }),
  );
  const layers = [await pushed(layerType, randomBytes(200_000)), await pushed(layerType, randomBytes(5_000))];
  return json({
    schemaVersion: 2,
    ...(saysMediaType ? { mediaType } : {}),
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(shape === "layers" ? { config, layers } : { manifests: [...layers, config] }),
  });
}

/** The manifest that now stands under `tag`. */
export async function pushArtifact(
  http: RegistryHttp,
  artifact: ReplayedArtifact,
  repository: string,
  tag: string,
): Promise<Buffer> {
  const manifest = await pushBlobsOf(http, artifact, repository);
  const put = await http.pushManifest(repository, tag, manifest, artifact.mediaType);
  expectStatus(put, 201, `${artifact.client}'s manifest`);
  return manifest;
}
