// The keys that tokens of another token server may be signed with, from the certificate bundle, the JSON Web Key Set, or
// both; and which of them a token's header means.
import type { KeyObject } from "node:crypto";
import { keyFingerprint } from "../key-fingerprint.ts";
import { chainIn, type TokenHeader } from "../token-header.ts";
import { signerOf } from "./certificate-chain.ts";
import { keySetFetcher } from "./fetch-key-set.ts";
import { parseBundle, parseJsonWebKeySet, publicKeyOf, type KeySet, type TrustedKey } from "./key-set.ts";
import { KeySource } from "./key-source.ts";
import { keyFileReader } from "./read-key-file.ts";

export interface TrustedKeysOptions {
  /** PEM file. */
  readonly rootCertBundle?: string | undefined;
  /** File or URL. */
  readonly jwks?: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds of a clock that never goes back. */
  readonly clock: () => number;
  /** How often a URL is read without anybody asking. */
  readonly fetchEveryMilliseconds?: number;
  /** In a sentence for an operator. */
  readonly onProblem: (message: string) => void;
}

const second = 1000;
const tenMinutes = 600 * second;

export class TrustedKeys {
  readonly #sources: readonly KeySource[];
  readonly #now: () => number;
  readonly #timer: NodeJS.Timeout;

  private constructor(
    sources: readonly KeySource[],
    remote: readonly KeySource[],
    options: TrustedKeysOptions,
  ) {
    this.#sources = sources;
    this.#now = options.now;
    const look = (): void => {
      for (const source of remote) void source.look();
    };
    this.#timer = setInterval(look, options.fetchEveryMilliseconds ?? tenMinutes);
    this.#timer.unref();
  }

  /**
   * A URL that does not answer is a problem, not an error: the token server may start later than Berth.
   * @throws Error in words for an operator: a file can't be used, no key is configured
   */
  static async open(options: TrustedKeysOptions): Promise<TrustedKeys> {
    const { rootCertBundle, jwks, clock, onProblem } = options;
    const isRemote = jwks !== undefined && /^https?:\/\//i.test(jwks);
    const shared = { clock, onProblem };
    const files = [
      ...(rootCertBundle === undefined
        ? []
        : [fileSource("rootCertBundle", rootCertBundle, parseBundle, shared)]),
      ...(jwks === undefined || isRemote ? [] : [fileSource("jwks", jwks, parseJsonWebKeySet, shared)]),
    ];
    const remote = isRemote ? [urlSource(jwks, shared)] : [];
    if (files.length + remote.length === 0)
      throw new Error("rootCertBundle or jwks must say which keys to trust");
    for (const file of files) await file.readNow();
    for (const one of remote) await one.look();
    return new TrustedKeys([...files, ...remote], remote, options);
  }

  /** Another number whenever the keys are others. */
  get version(): number {
    return this.#sources.reduce((sum, { version }) => sum + version, 0);
  }

  /** To be awaited before keys, or what was verified with them, are relied on. Costs nothing most of the time. */
  async freshen(): Promise<void> {
    await Promise.all(this.#sources.map((source) => source.freshen()));
  }

  /** The key that a token's header means, if it is trusted: by certificates, by the key itself, or by name. */
  async find(header: TokenHeader): Promise<TrustedKey | undefined> {
    const { version } = this;
    const known = this.#findKnown(header);
    if (known !== undefined) return known;
    await Promise.all(this.#sources.map((source) => source.lookAgain()));
    return this.version === version ? undefined : this.#findKnown(header);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #findKnown({ x5c, jwk, kid }: TokenHeader): TrustedKey | undefined {
    const signer = x5c && this.#signerOf(x5c);
    if (signer !== undefined) return { publicKey: signer };
    const own = jwk && publicKeyOf(jwk);
    if (own !== undefined) return this.#trusted(own, chainIn(jwk?.["x5c"]));
    return kid === undefined ? undefined : this.#named(kid);
  }

  /** A key that the header itself holds must be vouched for by its certificates, else be one of ours. */
  #trusted(publicKey: KeyObject, x5c: readonly string[] | undefined): TrustedKey | undefined {
    if (x5c === undefined) return this.#named(keyFingerprint(publicKey));
    return this.#signerOf(x5c)?.equals(publicKey) === true ? { publicKey } : undefined;
  }

  #signerOf(x5c: readonly string[]): KeyObject | undefined {
    const roots = this.#sources.flatMap(({ current }) => current.roots);
    return signerOf(x5c, roots, this.#now());
  }

  #named(kid: string): TrustedKey | undefined {
    for (const { current } of this.#sources) {
      const key = current.keys.get(kid);
      if (key !== undefined) return key;
    }
    return undefined;
  }
}

type Shared = Pick<TrustedKeysOptions, "clock" | "onProblem">;

function fileSource(
  setting: string,
  path: string,
  parse: (text: string) => KeySet,
  shared: Shared,
): KeySource {
  return new KeySource({
    name: `${setting} ${path}`,
    read: keyFileReader(path),
    parse,
    beforeUseMilliseconds: second,
    whenMissingMilliseconds: 0,
    ...shared,
  });
}

function urlSource(url: string, shared: Shared): KeySource {
  const { username, password, origin, pathname } = new URL(url);
  if (username + password !== "") throw new Error("jwks must be a URL without user and password");
  return new KeySource({
    name: `jwks ${origin}${pathname}`,
    read: keySetFetcher(url),
    parse: parseJsonWebKeySet,
    // Anybody can make up the name of a key: that must not become a flood at the token server.
    whenMissingMilliseconds: 10 * second,
    ...shared,
  });
}
