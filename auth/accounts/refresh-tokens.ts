// Refresh tokens (RFC 6749 §6): what a client keeps instead of the password that it logged in with. They end with that
// password: each remembers which one it was given for, and the metadata store drops an account's with its hash.
import type { AccountRecord } from "../../storage/metadata/access-records.ts";
import type { AccessStore } from "../../storage/metadata/access-store.ts";
import { AccessError } from "../access-error.ts";
import type { AccountHolder } from "../principal.ts";
import { hasEnded, inactiveReason } from "./inactive-reason.ts";
import { passwordMark, type HtpasswdMarks } from "./password-mark.ts";
import { hashSecret, isSecret, newSecret } from "./secrets.ts";

export interface RefreshTokensParts {
  readonly access: Pick<AccessStore, "secrets">;
  readonly htpasswd: HtpasswdMarks;
  readonly refreshSeconds: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly newId: () => string;
  readonly randomBytes: (size: number) => Buffer;
}

/** Of one account: the oldest go first. A machine that logs in for each job would collect them without end. */
const kept = 50;

export class RefreshTokens {
  readonly #parts: RefreshTokensParts;

  constructor(parts: RefreshTokensParts) {
    this.#parts = parts;
  }

  /**
   * For somebody who has just logged in by password: it carries all that the account may do.
   * @param password its mark, taken when it was checked: a process may for a moment still know one that was changed
   * @throws AccessError `unknown` when the account is gone by now
   */
  async issue({ id, name }: AccountHolder, password: string): Promise<string> {
    const { access, refreshSeconds, now, newId, randomBytes } = this.#parts;
    const token = newSecret("refresh", randomBytes);
    const createdAt = now();
    const secret = {
      id: newId(),
      accountId: id,
      kind: "refresh",
      label: password,
      hash: hashSecret(token),
      actions: undefined,
      createdAt,
      expiresAt: createdAt + refreshSeconds * 1000,
      lastUsedAt: undefined,
    } as const;
    if (await access.secrets.add(secret, kept)) return token;
    throw new AccessError("unknown", `there is no account ${name} any more`);
  }

  /** Whose it is, if its account is in use and could still log in with the password that it was given for. */
  async redeem(token: string): Promise<AccountHolder | undefined> {
    const found = isSecret(token)
      ? await this.#parts.access.secrets.findByHash(hashSecret(token))
      : undefined;
    if (found?.secret.kind !== "refresh") return undefined;
    const { secret, account } = found;
    const now = this.#parts.now();
    if (hasEnded(secret.expiresAt, now) || inactiveReason(account, now) !== undefined) return undefined;
    const counting = await passwordMark(account.name, account.passwordHash, this.#parts.htpasswd);
    return counting === secret.label ? holderOf(account) : undefined;
  }
}

function holderOf({ kind, id, name }: AccountRecord): AccountHolder {
  return { kind, id, name };
}
