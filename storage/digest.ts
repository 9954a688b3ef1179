// Content addresses: what they look like, and how bytes become one. Everything above storage speaks digests, so the
// grammar lives here and nowhere else.
import { createHash, type Hash } from "node:crypto";

export const digestAlgorithms = ["sha256", "sha512"] as const;
export type DigestAlgorithm = (typeof digestAlgorithms)[number];

/** `sha256:<64 lower-case hex>` or `sha512:<128 lower-case hex>`, checked by {@link parseDigest}. */
export type Digest = `${DigestAlgorithm}:${string}` & { readonly brand: unique symbol };

const grammar = /^(?:sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})$/;

/** The digest that `text` spells, or undefined when it is malformed or of an algorithm not supported here. */
export function parseDigest(text: string): Digest | undefined {
  return grammar.test(text) ? (text as Digest) : undefined;
}

export function isDigestAlgorithm(text: string): text is DigestAlgorithm {
  return (digestAlgorithms as readonly string[]).includes(text);
}

export function algorithmOf(digest: Digest): DigestAlgorithm {
  return digest.startsWith("sha256:") ? "sha256" : "sha512";
}

export function hexOf(digest: Digest): string {
  return digest.slice(digest.indexOf(":") + 1);
}

export function digestOf(bytes: Uint8Array, algorithm: DigestAlgorithm = "sha256"): Digest {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}` as Digest;
}

/** Digests of all bytes so far, one per algorithm that was computed. */
export type Digests = { readonly [A in DigestAlgorithm]?: Digest };

/** Undefined for anything but an object of digests, each under its own algorithm. */
export function parseDigests(value: unknown): Digests | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const digests: { [A in DigestAlgorithm]?: Digest } = {};
  for (const [algorithm, text] of Object.entries(value)) {
    const digest = parseDigest(String(text));
    if (!digest || !isDigestAlgorithm(algorithm) || !digest.startsWith(`${algorithm}:`)) return undefined;
    digests[algorithm] = digest;
  }
  return digests;
}

/** Hashes a stream under one or more algorithms and can tell the digests so far without ending. */
export class Digester {
  #hashes: ReadonlyMap<DigestAlgorithm, Hash>;

  constructor(algorithms: Iterable<DigestAlgorithm>) {
    this.#hashes = new Map(Array.from(algorithms, (algorithm) => [algorithm, createHash(algorithm)]));
  }

  /** An independent digester that has seen the same bytes. */
  copy(): Digester {
    const twin = new Digester([]);
    twin.#hashes = new Map(Array.from(this.#hashes, ([algorithm, hash]) => [algorithm, hash.copy()]));
    return twin;
  }

  get algorithms(): DigestAlgorithm[] {
    return [...this.#hashes.keys()];
  }

  update(bytes: Uint8Array): void {
    for (const hash of this.#hashes.values()) hash.update(bytes);
  }

  digests(): Digests {
    const entries = Array.from(this.#hashes, ([algorithm, hash]) => [
      algorithm,
      `${algorithm}:${hash.copy().digest("hex")}`,
    ]);
    return Object.fromEntries(entries) as Digests;
  }
}
