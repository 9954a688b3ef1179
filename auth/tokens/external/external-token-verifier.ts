// Verifies the tokens of a token server that is not Berth's, as auth.token of CNCF Distribution does: same settings, same
// tokens, so that an existing set-up moves over unchanged.
import { LRUCache } from "lru-cache";
import { repositoryActions } from "../../access.ts";
import type { External } from "../../principal.ts";
import type { Scope } from "../../scope.ts";
import { signedPayload, signingAlgorithms, type SigningAlgorithm } from "../signed-payload.ts";
import { tokenClaims, type OnSkew } from "../token-claims.ts";
import { tokenHeader } from "../token-header.ts";
import {
  refusalFrom,
  TokenRefused,
  verdictAt,
  type TokenVerdict,
  type VerifiedToken,
  type VerifyOptions,
} from "../token-verdict.ts";
import { TrustedKeys, type TrustedKeysOptions } from "./trusted-keys.ts";

export interface ExternalTokenOptions {
  /** URL of the token server, for the challenge alone. */
  readonly realm: string;
  /** What tokens must have as their audience, or one of them. */
  readonly service: string;
  readonly issuer: string;
  /** PEM file of certificates and public keys. */
  readonly rootCertBundle?: string | undefined;
  /** JSON Web Key Set: file or URL. */
  readonly jwks?: string | undefined;
  /** Unless given, all that Berth knows. */
  readonly signingAlgorithms?: readonly SigningAlgorithm[] | undefined;
}

export type ExternalTokenParts = Pick<
  TrustedKeysOptions,
  "now" | "clock" | "onProblem" | "fetchEveryMilliseconds"
> & {
  readonly onSkew?: OnSkew;
  /** How many verified tokens are remembered. */
  readonly maxRemembered?: number;
};

/** Longer ones are verified each time, so that what is remembered stays small. */
const maxRememberedLength = 8192;
/** A certificate may end before the token that it vouched for. */
const rememberMilliseconds = 60_000;

export class ExternalTokenVerifier {
  readonly #options: ExternalTokenOptions;
  readonly #keys: TrustedKeys;
  readonly #now: () => number;
  readonly #onSkew: OnSkew | undefined;
  readonly #verified: LRUCache<string, VerifiedToken<External>>;
  /** The version of the keys that what is remembered was verified with. */
  #of = 0;

  private constructor(options: ExternalTokenOptions, keys: TrustedKeys, parts: ExternalTokenParts) {
    this.#options = options;
    this.#keys = keys;
    this.#now = parts.now;
    this.#onSkew = parts.onSkew;
    this.#verified = new LRUCache({
      max: parts.maxRemembered ?? 10_000,
      ttl: rememberMilliseconds,
      ttlResolution: 0,
      perf: { now: parts.clock },
    });
  }

  /** @throws Error in words for an operator: files that can't be read, or without a key */
  static async open(
    options: ExternalTokenOptions,
    parts: ExternalTokenParts,
  ): Promise<ExternalTokenVerifier> {
    const { rootCertBundle, jwks } = options;
    return new ExternalTokenVerifier(
      options,
      await TrustedKeys.open({ rootCertBundle, jwks, ...parts }),
      parts,
    );
  }

  async verify(token: string, options: VerifyOptions = {}): Promise<TokenVerdict<External>> {
    await this.#keys.freshen();
    const known = this.#remembered(token);
    if (known !== undefined) return verdictAt(known, this.#now(), options);
    try {
      const { version } = this.#keys;
      const verified = await this.#verifyAnew(token);
      const isCurrent = version === this.#keys.version && version === this.#of;
      if (isCurrent && token.length <= maxRememberedLength) this.#verified.set(token, verified);
      return verdictAt(verified, this.#now(), options);
    } catch (error) {
      return refusalFrom(error);
    }
  }

  close(): void {
    this.#keys.close();
  }

  #remembered(token: string): VerifiedToken<External> | undefined {
    const { version } = this.#keys;
    if (version !== this.#of) this.#verified.clear();
    this.#of = version;
    return this.#verified.get(token);
  }

  /** @throws TokenRefused */
  async #verifyAnew(token: string): Promise<VerifiedToken<External>> {
    const header = tokenHeader(token);
    const allowed = this.#options.signingAlgorithms ?? signingAlgorithms;
    const algorithm = allowed.find((one) => one === header.alg);
    if (algorithm === undefined)
      throw new TokenRefused("the token is signed by an algorithm that is not allowed");
    const key = await this.#keys.find(header);
    if (key === undefined) throw new TokenRefused("the token is signed by a key that is not trusted here");
    if (key.algorithm !== undefined && key.algorithm !== algorithm) {
      throw new TokenRefused("the token is not signed by its key's algorithm");
    }
    const payload = signedPayload(token, key.publicKey, algorithm);
    const { issuer, service } = this.#options;
    const expected = { issuer, service, onSkew: this.#onSkew };
    const { subject, scopes, validUntil } = tokenClaims(payload, expected, this.#now());
    return { principal: { kind: "external", subject }, scopes: scopes.map(spellOut), validUntil };
  }
}

/** `*` in a token is every action, as Distribution reads it. */
function spellOut(scope: Scope): Scope {
  const isEverything = scope.type === "repository" && scope.actions.includes("*");
  return isEverything ? { ...scope, actions: repositoryActions } : scope;
}
