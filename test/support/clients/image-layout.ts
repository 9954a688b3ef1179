// Makes OCI image layouts out of nothing, for tools that copy from one. Of its own, because nothing can be pulled from
// outside and every scenario needs images whose digests are known beforehand.
import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { sha256 } from "./registry-http.ts";

export const ociManifest = "application/vnd.oci.image.manifest.v1+json";
export const ociIndex = "application/vnd.oci.image.index.v1+json";
const ociConfig = "application/vnd.oci.image.config.v1+json";
const ociLayer = "application/vnd.oci.image.layer.v1.tar+gzip";

export interface BuiltImage {
  digest: string;
  manifest: Buffer;
  configDigest: string;
  layerDigests: string[];
  blobs: Map<string, Buffer>;
}

/** A tar layer with one file. */
export function tarLayer(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write("0000644\0", 100);
  header.write("0000000\0", 108);
  header.write("0000000\0", 116);
  header.write(`${content.length.toString(8).padStart(11, "0")}\0`, 124);
  header.write("00000000000\0", 136);
  header.write("        ", 148);
  header.write("0", 156);
  header.write("ustar\x0000", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  const padding = Buffer.alloc((512 - (content.length % 512)) % 512);
  return Buffer.concat([header, content, padding, Buffer.alloc(1024)]);
}

/** An image of the given uncompressed layers. */
export function buildImage(layers: readonly Buffer[], architecture = "amd64"): BuiltImage {
  const blobs = new Map<string, Buffer>();
  const keep = (mediaType: string, content: Buffer): { mediaType: string; digest: string; size: number } => {
    const digest = sha256(content);
    blobs.set(digest, content);
    return { mediaType, digest, size: content.length };
  };
  const config = {
    architecture,
    os: "linux",
    config: { Labels: { made: randomBytes(8).toString("hex") } },
    rootfs: { type: "layers", diff_ids: layers.map((layer) => sha256(layer)) },
  };
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: ociManifest,
      config: keep(ociConfig, Buffer.from(JSON.stringify(config))),
      layers: layers.map((layer) => keep(ociLayer, gzipSync(layer, { level: 1 }))),
    }),
  );
  const [configDigest = "", ...layerDigests] = [...blobs.keys()];
  return { digest: sha256(manifest), manifest, configDigest, layerDigests, blobs };
}

/** An image with one layer of random bytes. */
export function buildRandomImage(bytes: number, architecture = "amd64"): BuiltImage {
  return buildImage([tarLayer("random.bin", randomBytes(bytes))], architecture);
}

/** Writes the image as a layout in `folder` under `tag`. */
export async function writeLayout(folder: string, tag: string, image: BuiltImage): Promise<void> {
  await writeBlobs(folder, image);
  await writeTop(folder, { ...descriptor(image), annotations: { "org.opencontainers.image.ref.name": tag } });
}

/** Writes an index over one image per architecture; the index's digest and bytes. */
export async function writeIndexLayout(
  folder: string,
  tag: string,
  images: Record<string, BuiltImage>,
): Promise<{ digest: string; index: Buffer }> {
  const manifests = [];
  for (const [architecture, image] of Object.entries(images)) {
    await writeBlobs(folder, image);
    manifests.push({ ...descriptor(image), platform: { os: "linux", architecture } });
  }
  const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: ociIndex, manifests }));
  const digest = sha256(index);
  await writeFile(join(folder, "blobs/sha256", digest.slice(7)), index);
  const annotations = { "org.opencontainers.image.ref.name": tag };
  await writeTop(folder, { mediaType: ociIndex, digest, size: index.length, annotations });
  return { digest, index };
}

const descriptor = (image: BuiltImage): { mediaType: string; digest: string; size: number } => ({
  mediaType: ociManifest,
  digest: image.digest,
  size: image.manifest.length,
});

async function writeBlobs(folder: string, image: BuiltImage): Promise<void> {
  await mkdir(join(folder, "blobs/sha256"), { recursive: true });
  for (const [digest, content] of [...image.blobs, [image.digest, image.manifest] as const]) {
    await writeFile(join(folder, "blobs/sha256", digest.slice(7)), content);
  }
}

async function writeTop(folder: string, top: object): Promise<void> {
  await writeFile(join(folder, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  await writeFile(join(folder, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: [top] }));
}
