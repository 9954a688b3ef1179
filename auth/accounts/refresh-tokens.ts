// Refresh tokens (RFC 6749 §6): what a client keeps instead of the password that it logged in with. They end with that
// password: the metadata store drops an account's with its hash, and for a user of the htpasswd file each remembers the
// entry that it was given for.
import type { AccountRecord } from "../../storage/metadata/access-records.ts";
import type { AccessStore } from "../../storage/metadata/access-store.ts";
import { AccessError } from "../access-error.ts";
import type { AccountHolder } from "../principal.ts";
import { hasEnded, inactiveReason } from "./inactive-reason.ts";
import { hashSecret, isSecret, newSecret } from "./secrets.ts";

export interface RefreshTokensParts {
  readonly access: Pick<AccessStore, "secrets">;
  /** The htpasswd file, if there is one: a text for the user's entry, undefined without one. */
  readonly htpasswd: { markOf(name: string): Promise<string | undefined> } | undefined;
  readonly refreshSeconds: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly newId: () => string;
  readonly randomBytes: (size: number) => Buffer;
}

/** Of one account: the oldest go first. A machine that logs in for each job would collect them without end. */
const kept = 50;
const ownPassword = "password";

export class RefreshTokens {
  readonly #parts: RefreshTokensParts;

  constructor(parts: RefreshTokensParts) {
    this.#parts = parts;
  }

  /**
   * For somebody who has just logged in by password: it carries all that the account may do.
   * @throws AccessError `unknown` when the account is gone by now
   */
  async issue({ id, name }: AccountHolder): Promise<string> {
    const { access, refreshSeconds, now, newId, randomBytes } = this.#parts;
    const token = newSecret("refresh", randomBytes);
    const createdAt = now();
    const secret = {
      id: newId(),
      accountId: id,
      kind: "refresh",
      label: await this.#passwordOf(name),
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
    return (await this.#isFor(account, secret.label)) ? holderOf(account) : undefined;
  }

  async #isFor(account: AccountRecord, password: string): Promise<boolean> {
    if ((await this.#passwordOf(account.name)) !== password) return false;
    return password !== ownPassword || account.passwordHash !== undefined;
  }

  /** Which password counts for this name: that of the file, if it stands there, else the account's own. */
  async #passwordOf(name: string): Promise<string> {
    const mark = await this.#parts.htpasswd?.markOf(name);
    return mark === undefined ? ownPassword : `htpasswd ${mark}`;
  }
}

function holderOf({ kind, id, name }: AccountRecord): AccountHolder {
  return { kind, id, name };
}
