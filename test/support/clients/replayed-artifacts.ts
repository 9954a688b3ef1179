// What clients that are not installed here push: one row for each kind of artifact, with the shape of its manifest.
// Of its own, because it is a table to be read and added to.
import {
  uploadInOnePost,
  uploadLikeBuildkit,
  uploadLikeCrane,
  uploadLikeDocker,
  uploadLikeOras,
  uploadLikeRegctl,
  type UploadSequence,
} from "./upload-sequences.ts";

const oci = "application/vnd.oci.image";
const dockerType = "application/vnd.docker";
const ociManifest = `${oci}.manifest.v1+json`;
const ociIndex = `${oci}.index.v1+json`;
const dockerManifest = `${dockerType}.distribution.manifest.v2+json`;
const dockerList = `${dockerType}.distribution.manifest.list.v2+json`;

export interface ReplayedArtifact {
  client: string;
  what: string;
  upload: UploadSequence;
  /** Content-Type of the manifest. */
  mediaType: string;
  /** Whether the manifest itself says its media type. */
  saysMediaType: boolean;
  /** `entries` is an index over blobs, as build caches are; `layers` an ordinary manifest. */
  shape: "layers" | "entries";
  configType: string;
  layerType: string;
  artifactType?: string;
}

const image = {
  mediaType: ociManifest,
  saysMediaType: true,
  shape: "layers",
  configType: `${oci}.config.v1+json`,
} as const;
const cacheConfig = "application/vnd.buildkit.cacheconfig.v0";

export const replayedArtifacts: readonly ReplayedArtifact[] = [
  {
    ...image,
    client: "crane",
    what: "an image",
    upload: uploadLikeCrane,
    layerType: `${oci}.layer.v1.tar+gzip`,
  },
  {
    ...image,
    client: "crane",
    what: "a Docker image",
    upload: uploadLikeCrane,
    mediaType: dockerManifest,
    configType: `${dockerType}.container.image.v1+json`,
    layerType: `${dockerType}.image.rootfs.diff.tar.gzip`,
  },
  {
    ...image,
    client: "helm 3",
    what: "a chart whose manifest names no media type",
    upload: uploadLikeOras,
    saysMediaType: false,
    configType: "application/vnd.cncf.helm.config.v1+json",
    layerType: "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
  },
  {
    ...image,
    client: "helm 4",
    what: "a chart",
    upload: uploadLikeOras,
    configType: "application/vnd.cncf.helm.config.v1+json",
    layerType: "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
  },
  {
    ...image,
    client: "oras",
    what: "an artifact with the empty configuration",
    upload: uploadLikeOras,
    configType: "application/vnd.oci.empty.v1+json",
    layerType: "text/plain",
    artifactType: "application/vnd.example.report",
  },
  {
    ...image,
    client: "oras",
    what: "the artifact manifest of the release candidate, a media type that no specification knows",
    upload: uploadLikeOras,
    mediaType: "application/vnd.oci.artifact.manifest.v1+json",
    configType: "application/vnd.oci.empty.v1+json",
    layerType: "text/plain",
    artifactType: "application/vnd.example.report",
  },
  {
    ...image,
    client: "flux",
    what: "manifests of a cluster",
    upload: uploadLikeCrane,
    configType: "application/vnd.cncf.flux.config.v1+json",
    layerType: "application/vnd.cncf.flux.content.v1.tar+gzip",
  },
  ...(["oci", "docker"] as const).map((kind) => ({
    ...image,
    client: "buildx",
    what: `a cache of mode=max as an index over its layers, with media types of ${kind}`,
    upload: uploadLikeBuildkit,
    mediaType: kind === "oci" ? ociIndex : dockerList,
    shape: "entries" as const,
    configType: cacheConfig,
    layerType: kind === "oci" ? `${oci}.layer.v1.tar+gzip` : `${dockerType}.image.rootfs.diff.tar.gzip`,
  })),
  ...(["oci", "docker"] as const).map((kind) => ({
    ...image,
    client: "buildx",
    what: `a cache of mode=max as an image manifest, with media types of ${kind}`,
    upload: uploadLikeBuildkit,
    mediaType: kind === "oci" ? ociManifest : dockerManifest,
    configType: cacheConfig,
    layerType: kind === "oci" ? `${oci}.layer.v1.tar+zstd` : `${dockerType}.image.rootfs.diff.tar.gzip`,
  })),
  {
    ...image,
    client: "buildx",
    what: "a provenance attestation",
    upload: uploadLikeBuildkit,
    layerType: "application/vnd.in-toto+json",
  },
  {
    ...image,
    client: "podman",
    what: "a Docker image with layers in zstd",
    upload: uploadLikeDocker,
    mediaType: dockerManifest,
    configType: `${dockerType}.container.image.v1+json`,
    layerType: `${dockerType}.image.rootfs.diff.tar.zstd`,
  },
  {
    ...image,
    client: "regctl",
    what: "an image in chunks",
    upload: uploadLikeRegctl,
    layerType: `${oci}.layer.v1.tar+gzip`,
  },
  {
    ...image,
    client: "the specification",
    what: "an image whose blobs take one request each",
    upload: uploadInOnePost,
    layerType: `${oci}.layer.v1.tar`,
  },
];
