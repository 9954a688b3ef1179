// Manifests as registries hold them, each in its own way of being written: what serves them must not touch a byte. A table
// of its own, to be read and added to.
import { digestOf, mediaTypes } from "../images.ts";

export interface ManifestShape {
  readonly what: string;
  /** Content-Type that the registry says. */
  readonly mediaType: string;
  readonly bytes: Buffer;
}

const artifactManifest = "application/vnd.oci.artifact.manifest.v1+json";
const dockerConfig = "application/vnd.docker.container.image.v1+json";
const dockerLayer = "application/vnd.docker.image.rootfs.diff.tar";

const described = (mediaType: string, content: string, more: object = {}) => ({
  mediaType,
  digest: digestOf(content),
  size: Buffer.byteLength(content),
  ...more,
});
const config = described(mediaTypes.config, "{}");
const layer = described(mediaTypes.layer, "a layer");
const subject = described(mediaTypes.manifest, "a manifest");
const image = { schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers: [layer] };
const docker = {
  schemaVersion: 2,
  mediaType: mediaTypes.dockerManifest,
  config: described(dockerConfig, "{}"),
  layers: [described(`${dockerLayer}.gzip`, "a layer")],
};
const onPlatform = (os: string, architecture: string, more: object = {}) =>
  described(mediaTypes.manifest, `of ${os}/${architecture}`, { platform: { architecture, os, ...more } });
const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [onPlatform("linux", "amd64")] };

const shape = (what: string, mediaType: string, written: object | string): ManifestShape => ({
  what,
  mediaType,
  bytes: Buffer.from(typeof written === "string" ? written : JSON.stringify(written)),
});
const { manifest: ociManifest, index: ociIndex, dockerManifest, dockerList } = mediaTypes;
/** `image` without the brace at its end, for what JSON.stringify would never write. */
const open = JSON.stringify(image).slice(0, -1);

export const manifestShapes: readonly ManifestShape[] = [
  shape("Docker's schema 2, indented by three spaces", dockerManifest, JSON.stringify(docker, null, 3)),
  shape(
    "Docker's list, indented, with variants",
    dockerList,
    JSON.stringify(
      {
        ...index,
        mediaType: dockerList,
        manifests: [{ ...onPlatform("linux", "arm", { variant: "v7" }), mediaType: dockerManifest }],
      },
      null,
      "\t",
    ),
  ),
  shape("Docker's schema 2 with a foreign layer and where it lies", dockerManifest, {
    ...docker,
    layers: [
      described(dockerLayer.replace(".diff", ".foreign.diff"), "away", { urls: ["https://a.invalid/"] }),
    ],
  }),
  shape("Docker's schema 2 with layers in zstd", dockerManifest, {
    ...docker,
    layers: [described(`${dockerLayer}.zstd`, "a layer")],
  }),
  shape("an OCI image with layers in zstd", ociManifest, {
    ...image,
    layers: [described("application/vnd.oci.image.layer.v1.tar+zstd", "a layer")],
  }),
  shape("an OCI image that names no media type", ociManifest, { schemaVersion: 2, config, layers: [layer] }),
  shape(
    "an OCI image with its keys in another order",
    ociManifest,
    Object.fromEntries(Object.entries(image).reverse()),
  ),
  shape("an OCI image with a line break at its end", ociManifest, `${open}}\n`),
  shape(
    "an OCI image with lines that end as on Windows",
    ociManifest,
    JSON.stringify(image, null, 2).replaceAll("\n", "\r\n"),
  ),
  shape(
    "an OCI image with letters written as escapes",
    ociManifest,
    `${open},"annotations":{"name":"gr\\u00fcn\\/\\u2028"}}`,
  ),
  shape(
    "an OCI image with letters beyond ASCII",
    ociManifest,
    `${open},"annotations":{"name":"grün 緑 🟢"}}`,
  ),
  shape(
    "an OCI image with numbers beyond what is exact",
    ociManifest,
    `${open},"x":1.0e2,"y":12345678901234567890}`,
  ),
  shape("an OCI image with a key twice", ociManifest, `${open},"annotations":{"a":"1","a":"2"}}`),
  shape("an OCI image with its configuration inside", ociManifest, {
    ...image,
    config: described(mediaTypes.config, "{}", { data: "e30=" }),
  }),
  shape("an OCI image with encrypted layers and their keys", ociManifest, {
    ...image,
    layers: [
      described(`${mediaTypes.layer}+encrypted`, "a layer", {
        annotations: { "org.opencontainers.image.enc.keys.jwe": "eyJ9" },
      }),
    ],
  }),
  shape("an OCI image without layers", ociManifest, { ...image, layers: [] }),
  shape("an OCI image that refers to another by sha512", ociManifest, {
    ...image,
    subject: { ...subject, digest: digestOf("a manifest", "sha512") },
  }),
  shape("an OCI image of one MiB of annotations", ociManifest, {
    ...image,
    annotations: { notes: "n".repeat(1024 * 1024) },
  }),
  shape("an artifact with the empty configuration and a subject", ociManifest, {
    ...image,
    artifactType: "application/vnd.example.report",
    config: described(mediaTypes.empty, "{}", { data: "e30=" }),
    subject,
  }),
  shape("the artifact manifest of OCI's release candidate", artifactManifest, {
    mediaType: artifactManifest,
    artifactType: "application/vnd.example.report",
    blobs: [layer],
    subject,
  }),
  shape("an OCI index that names no media type", ociIndex, { schemaVersion: 2, manifests: index.manifests }),
  shape("an OCI index of no images", ociIndex, { ...index, manifests: [] }),
  shape("an OCI index of indexes", ociIndex, { ...index, manifests: [described(ociIndex, "another index")] }),
  shape("an OCI index with BuildKit's attestation", ociIndex, {
    ...index,
    manifests: [
      ...index.manifests,
      { ...onPlatform("unknown", "unknown"), annotations: { "vnd.docker.reference.digest": subject.digest } },
    ],
  }),
  shape("an OCI index of Windows, with the version and features of the system", ociIndex, {
    ...index,
    manifests: [onPlatform("windows", "amd64", { "os.version": "10.0.20348.1", "os.features": ["win32k"] })],
  }),
  shape("an OCI index with a type and a subject of its own", ociIndex, {
    ...index,
    artifactType: "application/vnd.example.set",
    subject,
    annotations: { "org.opencontainers.image.created": "2024-01-01T00:00:00Z" },
  }),
  shape("a type that no specification knows", "application/vnd.example.thing.v7+json", {
    mediaType: "application/vnd.example.thing.v7+json",
    things: [layer],
  }),
  shape(
    "a type that no specification knows, and does not say so itself",
    "application/vnd.example.other+json",
    {
      things: [],
    },
  ),
];
