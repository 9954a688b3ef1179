// The media types that Berth knows the shape of. Any other manifest is stored as it came.

export const ociImageManifest = "application/vnd.oci.image.manifest.v1+json";
export const ociImageIndex = "application/vnd.oci.image.index.v1+json";
export const dockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
export const dockerManifestList = "application/vnd.docker.distribution.manifest.list.v2+json";

export type ManifestShape = "image" | "index" | "unknown";

export function shapeOf(mediaType: string): ManifestShape {
  switch (mediaType) {
    case ociImageManifest:
    case dockerManifest:
      return "image";
    case ociImageIndex:
    case dockerManifestList:
      return "index";
    default:
      return "unknown";
  }
}

/** Layers that their distributors forbid to push: a registry accepts manifests without them. */
export function isNonDistributable(mediaType: string): boolean {
  return (
    mediaType.startsWith("application/vnd.oci.image.layer.nondistributable.") ||
    mediaType.startsWith("application/vnd.docker.image.rootfs.foreign.")
  );
}

/** The type without its parameters, in lower case: the spec lets a registry ignore parameters on a manifest's type. */
export function essenceOf(contentType: string): string {
  return (contentType.split(";", 1)[0] ?? "").trim().toLowerCase();
}

const name = "[a-z0-9][a-z0-9!#$&^_.+-]{0,126}";
const grammar = new RegExp(`^${name}/${name}$`);

/** RFC 6838 §4.2, in lower case: whatever passes can stand in a header. */
export function isMediaType(text: string): boolean {
  return grammar.test(text);
}
