// Versions as semver.org 2.0.0 has them, strictly, with or without a `v` before them as tags often have: parsing, and
// which comes before which. Everything else is no version. Pure.

export interface SemanticVersion {
  readonly major: bigint;
  readonly minor: bigint;
  readonly patch: bigint;
  /** Identifiers between dots; none in a release. */
  readonly preRelease: readonly string[];
}

const number = "(0|[1-9]\\d*)";
const preReleaseIdentifier = "(?:0|[1-9]\\d*|\\d*[A-Za-z-][0-9A-Za-z-]*)";
const buildIdentifier = "[0-9A-Za-z-]+";
const form = new RegExp(
  `^v?${number}\\.${number}\\.${number}` +
    `(?:-(${preReleaseIdentifier}(?:\\.${preReleaseIdentifier})*))?(?:\\+${buildIdentifier}(?:\\.${buildIdentifier})*)?$`,
);
/** As long as a tag may be: matching takes no time on it, whatever it is. */
const maxLength = 128;

export function parseSemanticVersion(text: string): SemanticVersion | undefined {
  const [, major, minor, patch, preRelease] = text.length > maxLength ? [] : (form.exec(text) ?? []);
  if (major === undefined || minor === undefined || patch === undefined) return undefined;
  return {
    ...{ major: BigInt(major), minor: BigInt(minor), patch: BigInt(patch) },
    preRelease: preRelease === undefined ? [] : preRelease.split("."),
  };
}

/** Below 0 where `a` has the lower precedence, 0 where neither has: then both are one version, written differently. */
export function comparePrecedence(a: SemanticVersion, b: SemanticVersion): number {
  return (
    compare(a.major, b.major) ||
    compare(a.minor, b.minor) ||
    compare(a.patch, b.patch) ||
    comparePreReleases(a.preRelease, b.preRelease)
  );
}

function comparePreReleases(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return b.length - a.length;
  for (const [index, ofA] of a.entries()) {
    const ofB = b[index];
    if (ofB === undefined) return 1;
    const difference = compareIdentifiers(ofA, ofB);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Numbers by their value and before words, words by their ASCII order. */
function compareIdentifiers(a: string, b: string): number {
  const [isNumberA, isNumberB] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (isNumberA !== isNumberB) return isNumberA ? -1 : 1;
  return isNumberA ? compare(BigInt(a), BigInt(b)) : compare(a, b);
}

function compare<T extends bigint | string>(a: T, b: T): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
