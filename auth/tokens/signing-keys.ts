// The keys that sign Berth's tokens. They are rows of the metadata store, so that several processes share them and
// nobody distributes a secret by hand; here they are parsed, found, and replaced when they are old.
//
//   created ── signs ──▶ rotationSeconds ── verifies only ──▶ expiresAt ── deleted
import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import type { SigningKeyRecord } from "../../storage/metadata/access-records.ts";
import type { AccessStore } from "../../storage/metadata/access-store.ts";
import type { AccessRevision } from "../access-revision.ts";
import { RevisionedCache } from "../revisioned-cache.ts";
import { keyFingerprint } from "./key-fingerprint.ts";
import { skewSeconds } from "./token-claims.ts";

export interface SigningKeysOptions {
  readonly store: AccessStore["signingKeys"];
  readonly algorithm: SigningKeyRecord["algorithm"];
  /** Age at which a key is replaced. */
  readonly rotationSeconds: number;
  /** How long the tokens are valid that it signs. */
  readonly tokenSeconds: number;
  /** How long after its expiry a token may still finish the upload that it began (REQ-14). */
  readonly uploadSeconds?: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly revision: AccessRevision;
}

export interface SigningKey {
  readonly kid: string;
  readonly algorithm: SigningKeyRecord["algorithm"];
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** RFC 7517, public keys alone. */
export interface JsonWebKeySet {
  readonly keys: readonly Readonly<Record<string, unknown>>[];
}

const weekSeconds = 7 * 86_400;
/** An unknown kid is looked for in the store no more often: anybody can make up kids. */
const lookAgainMilliseconds = 1000;
/** Each means that another process came first, and then its key will do. */
const maxTries = 10;

const generate = promisify(generateKeyPair);

export class SigningKeys {
  readonly #options: Required<SigningKeysOptions>;
  readonly #cache: RevisionedCache<readonly SigningKey[]>;
  /** Outlives the cache: a kid is its key's fingerprint, and parsing takes a millisecond, of which a week may have many. */
  #parsed: ReadonlyMap<string, SigningKey> = new Map();
  #creating: Promise<SigningKey> | undefined;
  #lookedAgainAt = Number.NEGATIVE_INFINITY;
  #lookingAgain: Promise<unknown> = Promise.resolve();

  private constructor(options: SigningKeysOptions) {
    this.#options = { uploadSeconds: weekSeconds, ...options };
    this.#cache = new RevisionedCache(options.revision, 1);
  }

  /** Makes the first key when there is none. */
  static async open(options: SigningKeysOptions): Promise<SigningKeys> {
    const keys = new SigningKeys(options);
    await keys.current();
    return keys;
  }

  /** The key to sign with, made now if need be. Many who ask at once cause one. */
  async current(): Promise<SigningKey> {
    const known = this.#newestFresh(await this.#list());
    if (known !== undefined) return known;
    this.#creating ??= this.#create().finally(() => {
      this.#creating = undefined;
    });
    return this.#creating;
  }

  /** The key to verify with; undefined for one that does not exist or that expired. */
  async find(kid: string): Promise<SigningKey | undefined> {
    const known = await this.#findKnown(kid);
    if (known !== undefined) return known;
    await this.#lookAgain();
    return this.#findKnown(kid);
  }

  /** For those who verify Berth's tokens elsewhere. */
  async jwks(): Promise<JsonWebKeySet> {
    const keys = await this.#list();
    return {
      keys: keys
        .filter((key) => this.#isValid(key))
        .map(({ kid, algorithm, publicKey }) => ({
          ...publicKey.export({ format: "jwk" }),
          kid,
          use: "sig",
          alg: algorithm,
        })),
    };
  }

  /** Another process may have made a key just now, and all the requests with its first token wait for one look. */
  #lookAgain(): Promise<unknown> {
    const now = this.#options.now();
    if (Math.abs(now - this.#lookedAgainAt) >= lookAgainMilliseconds) {
      this.#lookedAgainAt = now;
      this.#lookingAgain = this.#options.revision.refresh();
    }
    return this.#lookingAgain;
  }

  async #findKnown(kid: string): Promise<SigningKey | undefined> {
    const keys = await this.#list();
    return keys.find((key) => key.kid === kid && this.#isValid(key));
  }

  /** Newest first. */
  #list(): Promise<readonly SigningKey[]> {
    return this.#cache.load("", async () => {
      const keys = (await this.#options.store.list()).map(
        (record) => this.#parsed.get(record.kid) ?? parseKey(record),
      );
      this.#parsed = new Map(keys.map((key) => [key.kid, key]));
      return keys;
    });
  }

  /** Of this process's algorithm: a process that is configured for another one must not make both rotate for ever. */
  #newestFresh(keys: readonly SigningKey[]): SigningKey | undefined {
    const { algorithm, rotationSeconds, tokenSeconds } = this.#options;
    const now = this.#options.now();
    const newest = keys.find((key) => key.algorithm === algorithm);
    if (newest === undefined || now >= newest.createdAt + rotationSeconds * 1000) return undefined;
    // Its tokens must not outlive it, also when tokens live longer than when it was made.
    return now + (tokenSeconds + skewSeconds) * 1000 <= newest.expiresAt ? newest : undefined;
  }

  #isValid(key: SigningKey): boolean {
    return this.#options.now() < key.expiresAt;
  }

  async #create(): Promise<SigningKey> {
    const { store, revision, now } = this.#options;
    for (let tries = 0; tries < maxTries; tries++) {
      await revision.refresh();
      const keys = await this.#list();
      const made = this.#newestFresh(keys);
      if (made !== undefined) return made;
      const record = await this.#newRecord();
      if (!(await store.add(record, keys[0]?.kid))) continue;
      await store.deleteExpired(now());
      await revision.refresh();
      return parseKey(record);
    }
    throw new Error("no key to sign tokens with: other processes keep replacing it; do their clocks agree?");
  }

  async #newRecord(): Promise<SigningKeyRecord> {
    const { algorithm, rotationSeconds, tokenSeconds, uploadSeconds, now } = this.#options;
    const { privateKey, publicKey } =
      algorithm === "ES256"
        ? await generate("ec", { namedCurve: "P-256" })
        : await generate("rsa", { modulusLength: 2048 });
    const createdAt = now();
    const lifeSeconds = rotationSeconds + tokenSeconds + skewSeconds + uploadSeconds;
    return {
      kid: keyFingerprint(publicKey),
      algorithm,
      privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
      createdAt,
      expiresAt: createdAt + lifeSeconds * 1000,
    };
  }
}

/** The key itself is parsed when it is asked for: of those that only verify most never are. */
function parseKey({ kid, algorithm, privateKey, createdAt, expiresAt }: SigningKeyRecord): SigningKey {
  let pair: Pick<SigningKey, "privateKey" | "publicKey"> | undefined;
  const parsed = () => {
    if (pair !== undefined) return pair;
    const secret = createPrivateKey(privateKey);
    return (pair = { privateKey: secret, publicKey: createPublicKey(secret) });
  };
  return {
    ...{ kid, algorithm, createdAt, expiresAt },
    get privateKey() {
      return parsed().privateKey;
    },
    get publicKey() {
      return parsed().publicKey;
    },
  };
}
