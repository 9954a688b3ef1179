// What stands after `/manifests/`: a tag or a digest.
import { parseDigest, type Digest } from "../../storage/digest.ts";

export type Tag = string & { readonly brand: unique symbol };

export type Reference =
  { readonly kind: "tag"; readonly tag: Tag } | { readonly kind: "digest"; readonly digest: Digest };

const tagGrammar = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

export function parseTag(text: string): Tag | undefined {
  return tagGrammar.test(text) ? (text as Tag) : undefined;
}

/** A text with a colon can only be meant as a digest, since no tag has one. */
export function parseReference(text: string): Reference | undefined {
  if (text.includes(":")) {
    const digest = parseDigest(text);
    return digest && { kind: "digest", digest };
  }
  const tag = parseTag(text);
  return tag && { kind: "tag", tag };
}
