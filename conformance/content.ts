// Bytes with their media type and digest, from which data sets are made. Random, so that no two runs share content.
import { createHash, randomBytes } from "node:crypto";

export type Algorithm = "sha256" | "sha512";

export interface Content {
  readonly bytes: Buffer;
  readonly mediaType: string;
  readonly digest: string;
}

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly [field: string]: unknown;
}

export const mediaTypes = {
  octets: "application/octet-stream",
  ociImage: "application/vnd.oci.image.manifest.v1+json",
  ociIndex: "application/vnd.oci.image.index.v1+json",
  ociConfig: "application/vnd.oci.image.config.v1+json",
  ociLayer: "application/vnd.oci.image.layer.v1.tar+gzip",
  ociForeignLayer: "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
  ociEmpty: "application/vnd.oci.empty.v1+json",
  dockerImage: "application/vnd.docker.distribution.manifest.v2+json",
  dockerList: "application/vnd.docker.distribution.manifest.list.v2+json",
  dockerConfig: "application/vnd.docker.container.image.v1+json",
  dockerLayer: "application/vnd.docker.image.rootfs.diff.tar.gzip",
} as const;

export function digestOf(bytes: Buffer, algorithm: Algorithm = "sha256"): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`;
}

export function content(bytes: Buffer, mediaType: string, algorithm: Algorithm = "sha256"): Content {
  return { bytes, mediaType, digest: digestOf(bytes, algorithm) };
}

export function blob(
  size = 256,
  algorithm: Algorithm = "sha256",
  mediaType: string = mediaTypes.ociLayer,
): Content {
  return content(randomBytes(size), mediaType, algorithm);
}

export const emptyBlob = (): Content => content(Buffer.alloc(0), mediaTypes.ociLayer);

/** A JSON document with its `mediaType` inside; `spacing` makes its bytes unlike what a serialiser would write. */
export function document(
  mediaType: string,
  fields: object,
  algorithm: Algorithm = "sha256",
  spacing = "",
): Content {
  const json = JSON.stringify({ schemaVersion: 2, mediaType, ...fields }, undefined, spacing);
  return content(Buffer.from(json), mediaType, algorithm);
}

export function descriptorOf({ mediaType, digest, bytes }: Content, fields: object = {}): Descriptor {
  return { mediaType, digest, size: bytes.length, ...fields };
}

/** A digest of the right form that nothing has. */
export const unknownDigest = (algorithm: Algorithm = "sha256"): string =>
  digestOf(randomBytes(32), algorithm);
