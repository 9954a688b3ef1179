// Reads what a registry must know of a manifest and nothing more: what kind it is, what it names, what it refers to.
// The bytes themselves are never changed (image-spec: manifest, image index, descriptor).
import { isUtf8 } from "node:buffer";
import { parseDigest, type Digest } from "../../storage/digest.ts";
import { isDeeplyNested } from "./json-nesting.ts";
import {
  essenceOf,
  isMediaType,
  isNonDistributable,
  ociImageIndex,
  ociImageManifest,
  shapeOf,
  type ManifestShape,
} from "./media-types.ts";
import { OciError } from "./oci-error.ts";

export interface NamedContent {
  readonly digest: Digest;
  /** `any`: an entry of an index, which may be a manifest or, in BuildKit's cache lists, a blob. */
  readonly kind: "blob" | "any";
  /** False where the manifest may be stored without it. */
  readonly required: boolean;
}

export interface ParsedManifest {
  readonly mediaType: string;
  /** As a referrers list shows it: for an image without one, its config's media type; for an index, only its own. */
  readonly artifactType: string | undefined;
  readonly subject: Digest | undefined;
  readonly annotations: Readonly<Record<string, string>> | undefined;
  readonly references: readonly NamedContent[];
}

type Json = Readonly<Record<string, unknown>>;

/** Types that say nothing about the content: what generic HTTP clients send when nobody told them. */
const meaningless = new Set([
  "",
  "application/octet-stream",
  "application/json",
  "application/x-www-form-urlencoded",
  "text/plain",
]);

/**
 * @param contentType the request's Content-Type, if any; decides when the manifest has no `mediaType` (Helm omits it)
 * @throws OciError MANIFEST_INVALID whose detail names the field
 */
export function parseManifest(bytes: Buffer, contentType: string | undefined): ParsedManifest {
  const manifest = parseObject(bytes);
  const mediaType = decideMediaType(manifest, contentType);
  const shape = shapeOf(mediaType);
  if (shape !== "unknown") checkShape(manifest, shape);
  const subject =
    manifest["subject"] === undefined ? undefined : descriptor(manifest["subject"], "subject").digest;
  return {
    mediaType,
    artifactType: artifactTypeOf(manifest, shape),
    subject,
    annotations: annotationsOf(manifest),
    references: referencesOf(manifest, shape),
  };
}

function invalid(field: string, problem: string, cause?: unknown): OciError {
  return new OciError("manifestInvalid", { detail: { field, problem }, cause });
}

function parseObject(bytes: Buffer): Json {
  let value: unknown;
  try {
    value = isUtf8(bytes) && !isDeeplyNested(bytes) ? JSON.parse(bytes.toString("utf8")) : undefined;
  } catch (cause) {
    throw invalid("(whole body)", "is not JSON in UTF-8", cause);
  }
  if (value === undefined) throw invalid("(whole body)", "is not JSON in UTF-8, or too deeply nested");
  if (!isObject(value)) throw invalid("(whole body)", "is not a JSON object");
  return value;
}

function decideMediaType(manifest: Json, contentType: string | undefined): string {
  const declared = essenceOf(contentType ?? "");
  const own = manifest["mediaType"];
  if (own === undefined && meaningless.has(declared)) return sniff(manifest);
  const mediaType = own === undefined ? declared : typeof own === "string" ? own.toLowerCase() : "";
  if (!isMediaType(mediaType)) {
    throw invalid(
      "mediaType",
      own === undefined ? "is missing, and the Content-Type is none" : "is not a media type",
    );
  }
  // An answer that two readers understand differently is a known attack on images (CVE-2021-41190).
  if (!meaningless.has(declared) && declared !== mediaType) {
    throw invalid("mediaType", `differs from the Content-Type ${declared}`);
  }
  return mediaType;
}

function sniff(manifest: Json): string {
  if (Array.isArray(manifest["manifests"])) return ociImageIndex;
  if (isObject(manifest["config"])) return ociImageManifest;
  throw invalid("mediaType", "is missing, and so is a Content-Type that tells what this is");
}

function checkShape(manifest: Json, shape: ManifestShape): void {
  if (manifest["schemaVersion"] !== 2) throw invalid("schemaVersion", "is not 2");
  const foreign = shape === "image" ? ["manifests"] : ["layers", "config"];
  for (const field of foreign) {
    if (manifest[field] !== undefined)
      throw invalid(field, "does not belong into a manifest of this media type");
  }
  if (shape === "image" && manifest["config"] === undefined) throw invalid("config", "is missing");
  if (shape === "index" && manifest["manifests"] === undefined) throw invalid("manifests", "is missing");
}

function artifactTypeOf(manifest: Json, shape: ManifestShape): string | undefined {
  const own = manifest["artifactType"];
  if (own !== undefined && typeof own !== "string") throw invalid("artifactType", "is not a string");
  if (own !== undefined && own !== "") return own;
  const config = manifest["config"];
  if (shape !== "image" || !isObject(config)) return undefined;
  return typeof config["mediaType"] === "string" ? config["mediaType"] : undefined;
}

function annotationsOf(manifest: Json): Record<string, string> | undefined {
  const annotations = manifest["annotations"];
  if (annotations === undefined || annotations === null) return undefined;
  if (!isObject(annotations)) throw invalid("annotations", "is not an object");
  for (const [key, value] of Object.entries(annotations)) {
    if (typeof value !== "string") throw invalid(`annotations.${key}`, "is not a string");
  }
  return annotations as Record<string, string>;
}

/** Of an unknown type, whatever looks like a descriptor is remembered but not demanded. */
function referencesOf(manifest: Json, shape: ManifestShape): NamedContent[] {
  const named = new Map<Digest, NamedContent>();
  const add = (value: unknown, kind: NamedContent["kind"], field: string, index?: number) => {
    if (shape === "unknown" && !looksLikeDescriptor(value)) return;
    const { digest, lives } = descriptor(value, field, index);
    const required = shape !== "unknown" && lives === "here";
    const before = named.get(digest);
    if (before === undefined) named.set(digest, { digest, kind, required });
    else
      named.set(digest, {
        digest,
        kind: before.kind === "any" ? "any" : kind,
        required: required || before.required,
      });
  };
  if (manifest["config"] !== undefined) add(manifest["config"], "blob", "config");
  listOf(manifest, "layers", shape).forEach((value, i) => add(value, "blob", "layers", i));
  listOf(manifest, "manifests", shape).forEach((value, i) => add(value, "any", "manifests", i));
  if (shape === "unknown")
    listOf(manifest, "blobs", shape).forEach((value, i) => add(value, "blob", "blobs", i));
  return [...named.values()];
}

function listOf(manifest: Json, field: string, shape: ManifestShape): readonly unknown[] {
  const list = manifest[field];
  if (Array.isArray(list)) return list as unknown[];
  // Go writes an empty list as null.
  if (list === undefined || list === null || shape === "unknown") return [];
  throw invalid(field, "is not a list");
}

/** @param index place in the list `field`, for the error: an index may have tens of thousands of entries */
function descriptor(
  value: unknown,
  field: string,
  index?: number,
): { digest: Digest; lives: "here" | "elsewhere" } {
  const refuse = (part: string, problem: string) =>
    invalid(`${field}${index === undefined ? "" : `[${index}]`}${part}`, problem);
  if (!isObject(value)) throw refuse("", "is not a descriptor");
  const digest = typeof value["digest"] === "string" ? parseDigest(value["digest"]) : undefined;
  if (digest === undefined) throw refuse(".digest", "is not a digest of sha256 or sha512");
  const size = value["size"];
  if (!Number.isSafeInteger(size) || (size as number) < 0) throw refuse(".size", "is not a size in bytes");
  const mediaType = typeof value["mediaType"] === "string" ? value["mediaType"] : "";
  const urls = value["urls"];
  const elsewhere = isNonDistributable(mediaType) || (Array.isArray(urls) && urls.length > 0);
  return { digest, lives: elsewhere ? "elsewhere" : "here" };
}

function looksLikeDescriptor(value: unknown): boolean {
  return (
    isObject(value) &&
    typeof value["digest"] === "string" &&
    parseDigest(value["digest"]) !== undefined &&
    Number.isSafeInteger(value["size"])
  );
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
