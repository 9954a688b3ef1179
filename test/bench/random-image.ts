// Images of small random blobs, that share nothing.
import { randomBytes } from "node:crypto";
import { sha256 } from "../support/clients/registry-http.ts";

export interface Image {
  /** Of the manifest. */
  readonly bytes: Buffer;
  readonly blobs: readonly Buffer[];
}

export const imageMediaType = "application/vnd.oci.image.manifest.v1+json";

export function randomImage(blobCount: number): Image {
  const blobs = Array.from({ length: blobCount }, () => randomBytes(4096));
  const [config, ...layers] = blobs.map((blob) => ({
    mediaType: "application/octet-stream",
    digest: sha256(blob),
    size: blob.length,
  }));
  const manifest = { schemaVersion: 2, mediaType: imageMediaType, config, layers };
  return { bytes: Buffer.from(JSON.stringify(manifest)), blobs };
}
