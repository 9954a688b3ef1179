// Name and secret on `/v2` and at the token server (RFC 7617), and a secret alone on the admin API (RFC 6750). Secrets
// that Berth made are looked up and cost next to nothing; anything else is a password, which costs time and is throttled.
import { createHmac } from "node:crypto";
import { useStepMilliseconds } from "../../storage/metadata/access-records.ts";
import type { AccessStore } from "../../storage/metadata/access-store.ts";
import { AccessError } from "../access-error.ts";
import type { AccessRevision } from "../access-revision.ts";
import { tryLater, type LoginAttempt, type LoginThrottle } from "../accounts/login-throttle.ts";
import type { Passwords } from "../accounts/passwords.ts";
import { beginsLikeSecret, hashSecret, isSecret } from "../accounts/secrets.ts";
import type { Authentication, Authenticator, Circumstances, Credentials } from "../authenticator.ts";
import { RevisionedCache } from "../revisioned-cache.ts";
import type { HtpasswdFile } from "./htpasswd-file.ts";
import { PasswordCheck } from "./password-check.ts";
import { answerTo, type Verdict } from "./verdict.ts";

export interface BasicAuthenticatorParts {
  readonly access: Pick<AccessStore, "accounts" | "secrets">;
  readonly passwords: Pick<Passwords, "verify">;
  readonly throttle: LoginThrottle;
  readonly htpasswd: Pick<HtpasswdFile, "verify" | "markOf" | "version"> | undefined;
  readonly revision: AccessRevision;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly newId: () => string;
  readonly randomBytes: (size: number) => Buffer;
}

const maxRemembered = 10_000;
const rememberedMilliseconds = 60_000;
const busyMilliseconds = 2000;

const refusals = {
  none: "show a name with its password, or an access token",
  mistyped: "the secret is mistyped or cut: its checksum does not fit",
  unknown: "the secret is not known for this name: it was revoked, has ended, or is another account's",
} as const;

export class BasicAuthenticator implements Authenticator {
  readonly #parts: BasicAuthenticatorParts;
  readonly #passwordCheck: PasswordCheck;
  /** Of this process alone: what is remembered says nothing about the passwords it stands for. */
  readonly #hmacKey: Buffer;
  /** Apart, so that no flood of wrong passwords drives out the right ones. */
  readonly #proofs: RevisionedCache<Verdict>;
  readonly #refusals: RevisionedCache<Verdict>;
  /** Of one password many requests at once are one try. */
  readonly #running = new Map<string, Promise<Authentication>>();

  constructor(parts: BasicAuthenticatorParts) {
    this.#parts = parts;
    this.#passwordCheck = new PasswordCheck(parts);
    this.#hmacKey = parts.randomBytes(32);
    this.#proofs = new RevisionedCache(parts.revision, maxRemembered, rememberedMilliseconds);
    this.#refusals = new RevisionedCache(parts.revision, maxRemembered, rememberedMilliseconds);
  }

  async authenticate(credentials: Credentials, circumstances: Circumstances): Promise<Authentication> {
    switch (credentials.kind) {
      case "none":
        return { outcome: "refused", reason: refusals.none };
      case "bearer":
        return this.#bySecret(undefined, credentials.token);
      case "basic": {
        const { name, secret } = credentials;
        if (beginsLikeSecret(secret)) return this.#bySecret(name, secret);
        return this.#byPassword(name, secret, circumstances);
      }
    }
  }

  /** @param name whose secret it has to be; undefined for anyone's */
  async #bySecret(name: string | undefined, secret: string): Promise<Authentication> {
    if (!isSecret(secret)) return { outcome: "refused", reason: refusals.mistyped };
    const load = () => this.#lookUp(name, secret);
    const key = this.#keyOf("secret", name, secret);
    const verdict = await this.#proofs.load(key, load, ({ proved }) => proved);
    return answerTo(verdict, this.#parts.now());
  }

  async #lookUp(name: string | undefined, text: string): Promise<Verdict> {
    const { access, now } = this.#parts;
    const found = await access.secrets.findByHash(hashSecret(text));
    const kind = found?.account.kind === "robot" ? "robot" : "personal";
    if (found?.secret.kind !== kind || (name !== undefined && found.account.name !== name)) {
      return { proved: false, reason: refusals.unknown };
    }
    const { id, lastUsedAt = -Infinity } = found.secret;
    if (now() - lastUsedAt > useStepMilliseconds) {
      // Nobody waits for a note of when it was used, and none is worth a failure.
      void access.secrets.recordUse(id, now()).catch(() => undefined);
    }
    return { proved: true, ...found };
  }

  async #byPassword(
    name: string,
    password: string,
    { address, patience }: Circumstances,
  ): Promise<Authentication> {
    const { htpasswd, throttle, now } = this.#parts;
    const key = this.#keyOf("password", await htpasswd?.version(), name, password);
    const proof = this.#proofs.get(key);
    if (proof !== undefined) return answerTo(proof, now());
    const attempt = { name, address };
    if (patience === "none") {
      const refusal = this.#refusals.get(key);
      if (refusal !== undefined) return answerTo(refusal, now());
      const delay = throttle.delayMilliseconds(attempt);
      if (delay > 0) return tryLater(delay);
    }
    const running = this.#running.get(`${key} ${address}`);
    if (running === undefined) return this.#try(key, attempt, password);
    const shared = await running;
    if (shared.outcome !== "refused" || patience === "none") return shared;
    return throttle.attempt(attempt, async () => shared);
  }

  async #try(key: string, attempt: LoginAttempt, password: string): Promise<Authentication> {
    const { throttle } = this.#parts;
    const runningKey = `${key} ${attempt.address}`;
    const running = throttle.attempt(attempt, () => this.#judge(key, attempt.name, password));
    this.#running.set(runningKey, running);
    try {
      return await running;
    } finally {
      this.#running.delete(runningKey);
    }
  }

  async #judge(key: string, name: string, password: string): Promise<Authentication> {
    const check = () => this.#passwordCheck.verdictOn(name, password);
    const load = () => this.#refusals.load(key, check, ({ proved }) => !proved);
    try {
      const verdict = await this.#proofs.load(key, load, ({ proved }) => proved);
      return answerTo(verdict, this.#parts.now());
    } catch (error) {
      if (error instanceof AccessError && error.code === "busy") return tryLater(busyMilliseconds);
      throw error;
    }
  }

  #keyOf(...parts: readonly (string | number | undefined)[]): string {
    return createHmac("sha256", this.#hmacKey).update(JSON.stringify(parts)).digest("base64url");
  }
}
