// Content to push: random blobs, and manifests, indexes and artifacts that name them.
import { createHash, randomBytes } from "node:crypto";

export const mediaTypes = {
  manifest: "application/vnd.oci.image.manifest.v1+json",
  index: "application/vnd.oci.image.index.v1+json",
  dockerManifest: "application/vnd.docker.distribution.manifest.v2+json",
  dockerList: "application/vnd.docker.distribution.manifest.list.v2+json",
  config: "application/vnd.oci.image.config.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar+gzip",
  empty: "application/vnd.oci.empty.v1+json",
} as const;

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly urls?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly artifactType?: string;
}

/** A manifest as it is pushed: its exact bytes, under its type. */
export interface Manifest {
  readonly bytes: Buffer;
  readonly mediaType: string;
  readonly digest: string;
}

export const digestOf = (content: Buffer | string, algorithm: "sha256" | "sha512" = "sha256"): string =>
  `${algorithm}:${createHash(algorithm).update(content).digest("hex")}`;

export const randomBlob = (size = 64): Buffer => randomBytes(size);

export const emptyJson = Buffer.from("{}");

export function describeBlob(content: Buffer, mediaType: string = mediaTypes.layer): Descriptor {
  return { mediaType, digest: digestOf(content), size: content.length };
}

export function describeManifest({ bytes, mediaType, digest }: Manifest): Descriptor {
  return { mediaType, digest, size: bytes.length };
}

/** Whatever JSON, as a manifest of the type that it declares (or of `mediaType`). */
export function manifestFrom(json: object, mediaType?: string): Manifest {
  const bytes = Buffer.from(JSON.stringify(json));
  const declared = (json as { mediaType?: string }).mediaType;
  return { bytes, mediaType: mediaType ?? declared ?? mediaTypes.manifest, digest: digestOf(bytes) };
}

export function imageManifest(config: Buffer, layers: readonly Buffer[], more: object = {}): Manifest {
  return manifestFrom({
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: describeBlob(config, mediaTypes.config),
    layers: layers.map((layer) => describeBlob(layer)),
    ...more,
  });
}

export function imageIndex(manifests: readonly Descriptor[], more: object = {}): Manifest {
  return manifestFrom({ schemaVersion: 2, mediaType: mediaTypes.index, manifests, ...more });
}

/** An artifact without content of its own that refers to `subject`; its blob is {@link emptyJson}. */
export function artifact(
  artifactType: string,
  subject: Descriptor | undefined,
  annotations?: Readonly<Record<string, string>>,
): Manifest {
  const empty = describeBlob(emptyJson, mediaTypes.empty);
  return manifestFrom({
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    artifactType,
    config: empty,
    layers: [empty],
    ...(subject && { subject }),
    ...(annotations && { annotations }),
  });
}
