// What an image consists of, with sizes and platforms: what fetching all of it must know and a registry otherwise need not.
// Manifests that come here were accepted before, so what does not look like a descriptor is passed over.
import { parseDigest, type Digest } from "../../../storage/digest.ts";
import { isNonDistributable } from "../../oci/media-types.ts";
import type { Platform } from "./platform.ts";

export interface Part {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

export interface ChildManifest extends Part {
  readonly platform: Platform | undefined;
  /** The manifest that this one attests something of, as BuildKit lists it beside the image. */
  readonly attests: Digest | undefined;
}

export interface ManifestContent {
  /** Config and layers, but for those that their distributors keep elsewhere. */
  readonly blobs: readonly Part[];
  /** Entries of an index. */
  readonly manifests: readonly ChildManifest[];
}

type Json = Readonly<Record<string, unknown>>;

export function contentOf(bytes: Buffer): ManifestContent {
  const manifest = objectOf(JSON.parse(bytes.toString("utf8")));
  const blobs = [manifest["config"], ...listOf(manifest["layers"]), ...listOf(manifest["blobs"])];
  return {
    blobs: blobs.flatMap((value) => partOf(value)),
    manifests: listOf(manifest["manifests"]).flatMap((value) =>
      partOf(value).map((part) => ({ ...part, ...natureOf(objectOf(value)) })),
    ),
  };
}

function partOf(value: unknown): Part[] {
  const { digest: text, size, mediaType } = objectOf(value);
  const digest = typeof text === "string" ? parseDigest(text) : undefined;
  if (digest === undefined || typeof size !== "number") return [];
  return typeof mediaType === "string" && isNonDistributable(mediaType) ? [] : [{ digest, size }];
}

function natureOf(descriptor: Json): Pick<ChildManifest, "platform" | "attests"> {
  const { os, architecture, variant } = objectOf(descriptor["platform"]);
  const annotations = objectOf(descriptor["annotations"]);
  const subject = annotations["vnd.docker.reference.digest"];
  const isPlatform = typeof os === "string" && typeof architecture === "string";
  return {
    platform: isPlatform
      ? { os, architecture, variant: typeof variant === "string" ? variant : undefined }
      : undefined,
    attests: typeof subject === "string" ? parseDigest(subject) : undefined,
  };
}

function objectOf(value: unknown): Json {
  return typeof value === "object" && value !== null ? (value as Json) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}
