// What a request names, parsed at the edge into the narrow types that everything behind relies on.
import type { Context } from "koa";
import { isDigestAlgorithm, parseDigest, type Digest, type DigestAlgorithm } from "../../storage/digest.ts";
import { OciError } from "../oci/oci-error.ts";
import { parseReference, parseTag, type Reference, type Tag } from "../oci/reference.ts";
import { parseRepositoryName, type RepositoryName } from "../oci/repository-name.ts";

/** What the router found in the path, decoded. */
export type PathParameters = Readonly<Record<string, string | undefined>>;

export function repositoryIn(path: PathParameters): RepositoryName {
  const text = path["name"] ?? "";
  const name = parseRepositoryName(text);
  if (name === undefined) throw new OciError("nameInvalid", { detail: { name: text } });
  return name;
}

/** For what is there already: under a name that no tag can have there is nothing, which is all the official suite expects. */
export function referenceIn(path: PathParameters): Reference {
  return toReference(path, "manifestUnknown");
}

export function newReferenceIn(path: PathParameters): Reference {
  return toReference(path, "tagInvalid");
}

function toReference(path: PathParameters, otherwise: "manifestUnknown" | "tagInvalid"): Reference {
  const text = path["reference"] ?? "";
  const reference = parseReference(text);
  if (reference === undefined) {
    throw new OciError(text.includes(":") ? "digestInvalid" : otherwise, { detail: { reference: text } });
  }
  return reference;
}

export function digestIn(path: PathParameters): Digest {
  return toDigest(path["digest"] ?? "");
}

export function toDigest(text: string): Digest {
  const digest = parseDigest(text);
  if (digest === undefined) throw new OciError("digestInvalid", { detail: { digest: text } });
  return digest;
}

/** The first value of a query parameter, or undefined. Parameters that nobody asks for are ignored (REQ-46). */
export function queryValue(ctx: Context, name: string): string | undefined {
  return queryValues(ctx, name)[0];
}

export function queryValues(ctx: Context, name: string): readonly string[] {
  const value = ctx.query[name];
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

/** The tags of `?tag=a&tag=b` on a manifest push. The spec asks for at least ten. */
export function tagsIn(ctx: Context, max = 100): Tag[] {
  const texts = queryValues(ctx, "tag");
  if (texts.length > max) throw new OciError("tooManyTags", { detail: { max } });
  return texts.map((text) => {
    const tag = parseTag(text);
    if (tag === undefined) throw new OciError("tagInvalid", { detail: { tag: text } });
    return tag;
  });
}

export function algorithmIn(ctx: Context): DigestAlgorithm {
  const text = queryValue(ctx, "digest-algorithm") ?? "sha256";
  if (!isDigestAlgorithm(text)) throw new OciError("algorithmUnsupported", { detail: { algorithm: text } });
  return text;
}
