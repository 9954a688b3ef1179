// What is pushed to a registry to be measured: an image such as builds make, and blobs of a size.
import { randomBytes } from "node:crypto";
import { expectStatus, sha256 } from "../support/clients/registry-http.ts";
import { imageMediaType } from "./random-image.ts";
import type { Server } from "./servers/server.ts";

export interface PushedImage {
  readonly bytes: Buffer;
  readonly digest: string;
  readonly blobs: readonly string[];
}

/** Pushes an image of small layers under a tag, the same to each: digests are the same everywhere. */
export async function pushImage(
  servers: readonly Server[],
  { repository, tag, layers }: { readonly repository: string; readonly tag: string; readonly layers: number },
): Promise<PushedImage> {
  const contents = Array.from({ length: layers + 1 }, () => randomBytes(2048));
  const [config, ...rest] = contents.map((content, n) => ({
    mediaType: `application/vnd.oci.image.${n === 0 ? "config.v1+json" : "layer.v1.tar+gzip"}`,
    digest: sha256(content),
    size: content.length,
  }));
  const manifest = { schemaVersion: 2, mediaType: imageMediaType, config, layers: rest };
  const bytes = Buffer.from(JSON.stringify(manifest));
  for (const { http } of servers) {
    for (const content of contents) await http.pushBlob(repository, content);
    expectStatus(await http.pushManifest(repository, tag, bytes, imageMediaType), 201, "PUT of a manifest");
  }
  return { bytes, digest: sha256(bytes), blobs: contents.map(sha256) };
}
