// What an image is called at one source (REQ-64, REQ-66): vendors' mirrors flatten paths and change tags.
//
//   coredns/coredns:v(.*) → google_containers/coredns:$1      for tags, and by its name half for digests
//   (.*)                  → google_containers/$1
import type { SourceSettings } from "./upstream-settings.ts";

export interface SpelledThere {
  readonly name: string;
  /** The tag or the digest. */
  readonly reference: string;
}

export type Rewrite = (name: string, reference: string) => readonly SpelledThere[];

interface Rule {
  readonly name: RegExp | undefined;
  readonly toName: string;
  /** Over `name:tag`; undefined for a rule that speaks of names alone. */
  readonly whole: RegExp | undefined;
  readonly to: string;
}

/**
 * The first rule that fits says what a tag is called. A digest has no tag to match: each rule that fits its name may be
 * the one by whose tag it was found, so that there may be several places to look, in order; at least one.
 */
export function rewriteBy(rules: SourceSettings["rewrite"]): Rewrite {
  const compiled = rules.map(compile);
  return (name, reference) =>
    reference.includes(":")
      ? placesOf(compiled, name).map((place) => ({ name: place, reference }))
      : [taggedPlace(compiled, name, reference)];
}

function taggedPlace(rules: readonly Rule[], name: string, tag: string): SpelledThere {
  for (const { name: pattern, whole, to } of rules) {
    const spelled = whole === undefined ? name : `${name}:${tag}`;
    const regExp = whole ?? pattern;
    if (!regExp?.test(spelled)) continue;
    const there = spelled.replace(regExp, to);
    const colon = there.lastIndexOf(":");
    return colon === -1
      ? { name: there, reference: tag }
      : { name: there.slice(0, colon), reference: there.slice(colon + 1) };
  }
  return { name, reference: tag };
}

function placesOf(rules: readonly Rule[], name: string): readonly string[] {
  const places = new Set<string>();
  for (const { name: pattern, toName, whole } of rules) {
    if (!pattern?.test(name)) continue;
    places.add(name.replace(pattern, toName));
    if (whole === undefined) return [...places];
  }
  return places.size === 0 ? [name] : [...places];
}

function compile({ from, to }: { readonly from: string; readonly to: string }): Rule {
  const colon = tagColonIn(from);
  const toColon = to.lastIndexOf(":");
  const toName = toColon === -1 ? to : to.slice(0, toColon);
  if (colon === -1) return { name: new RegExp(`^(?:${from})$`), toName, whole: undefined, to };
  return { name: halfOf(from.slice(0, colon)), toName, whole: new RegExp(`^(?:${from})$`), to };
}

/** The half before the colon; undefined where it is no expression of its own, as in `(a:b|c:d)`. */
function halfOf(from: string): RegExp | undefined {
  try {
    return new RegExp(`^(?:${from})$`);
  } catch {
    return undefined;
  }
}

/** The colon between name and tag: not that of `(?:…)`. */
function tagColonIn(from: string): number {
  for (let at = from.indexOf(":"); at !== -1; at = from.indexOf(":", at + 1)) {
    if (!from.slice(0, at).endsWith("(?")) return at;
  }
  return -1;
}
