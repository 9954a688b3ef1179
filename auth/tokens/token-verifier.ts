// Verifies the tokens that Berth signed. The signature is checked once for each token: after that a request costs one
// look-up, until the token expires or anything about accounts or keys changes.
import type { AccessRevision } from "../access-revision.ts";
import { anonymous, type AccountHolder, type Anonymous } from "../principal.ts";
import { RevisionedCache } from "../revisioned-cache.ts";
import { isJsonObject } from "./json-object.ts";
import { signedPayload } from "./signed-payload.ts";
import type { SigningKeys } from "./signing-keys.ts";
import { skewSeconds, tokenClaims, type OnSkew } from "./token-claims.ts";
import { tokenHeader } from "./token-header.ts";
import {
  refusalFrom,
  TokenRefused,
  verdictAt,
  type TokenVerdict,
  type VerifiedToken,
  type VerifyOptions,
} from "./token-verdict.ts";

export interface TokenVerifierOptions {
  readonly issuer: string;
  /** The audience. */
  readonly service: string;
  readonly keys: Pick<SigningKeys, "find">;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly revision: AccessRevision;
  /** Another process that signs with the same keys has another time. */
  readonly onSkew?: OnSkew;
  /** How many verified tokens are remembered. */
  readonly maxRemembered?: number;
}

type Holder = AccountHolder | Anonymous;

/** Longer ones name very many repositories. They are verified each time, so that what is remembered stays small. */
const maxRememberedLength = 4096;

export class TokenVerifier {
  readonly #options: TokenVerifierOptions;
  readonly #verified: RevisionedCache<VerifiedToken<Holder>>;

  constructor(options: TokenVerifierOptions) {
    this.#options = options;
    this.#verified = new RevisionedCache(options.revision, options.maxRemembered ?? 10_000);
  }

  /** @throws when the keys can't be read from the store */
  async verify(token: string, options: VerifyOptions = {}): Promise<TokenVerdict<Holder>> {
    const { now } = this.#options;
    const known = this.#verified.get(token);
    if (known !== undefined) return verdictAt(known, now(), options);
    try {
      const verify = (): Promise<VerifiedToken<Holder>> => this.#verifyAnew(token);
      const isLong = token.length > maxRememberedLength;
      return verdictAt(isLong ? await verify() : await this.#verified.load(token, verify), now(), options);
    } catch (error) {
      return refusalFrom(error);
    }
  }

  /** @throws TokenRefused */
  async #verifyAnew(token: string): Promise<VerifiedToken<Holder>> {
    const { issuer, service, keys, now, onSkew } = this.#options;
    const { alg, kid } = tokenHeader(token);
    const key = kid === undefined ? undefined : await keys.find(kid);
    if (key === undefined) throw new TokenRefused("the token is signed by a key that is not known here");
    if (alg !== key.algorithm) throw new TokenRefused("the token is not signed by its key's algorithm");
    const payload = signedPayload(token, key.publicKey, key.algorithm);
    const expected = { issuer, service, onSkew, backdatedSeconds: skewSeconds };
    const { subject, scopes, validUntil } = tokenClaims(payload, expected, now());
    return { principal: holder(payload["principal"], subject), scopes, validUntil };
  }
}

/** @throws TokenRefused when the claim is not as TokenIssuer writes it */
function holder(claim: unknown, name: string): Holder {
  const { kind, id } = isJsonObject(claim) ? claim : {};
  if (kind === "anonymous" && name === "") return anonymous;
  if ((kind !== "user" && kind !== "robot") || typeof id !== "string" || id === "" || name === "") {
    throw new TokenRefused("the token's claims are malformed");
  }
  return { kind, id, name };
}
