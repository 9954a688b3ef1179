// Access tokens that users make for themselves: for a client, a script, a machine of theirs; each with a label, to be
// revoked alone, and if wanted limited to some actions. They do not depend on how the user logs in otherwise (REQ-56).
import type { SecretRecord } from "../../storage/metadata/access-records.ts";
import type { AccessStore } from "../../storage/metadata/access-store.ts";
import { AccessError } from "../access-error.ts";
import type { AccessRevision } from "../access-revision.ts";
import { findUser, noAccount } from "./find-account.ts";
import { checkActions, checkExpiry, checkLabel } from "./input-rules.ts";
import { secretView, type SecretView } from "./secret-view.ts";
import { hashSecret, newSecret } from "./secrets.ts";

export interface PersonalTokensParts {
  readonly access: Pick<AccessStore, "accounts" | "secrets">;
  readonly revision: Pick<AccessRevision, "refresh">;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly newId: () => string;
  readonly randomBytes: (size: number) => Buffer;
}

export interface NewPersonalToken {
  readonly label: string;
  /** undefined: all that the user may do. */
  readonly actions?: readonly string[] | undefined;
  /** Milliseconds since 1970; undefined never expires. */
  readonly expiresAt?: number | undefined;
}

const maxTokens = 100;
/** Two requests at once may step over the limit; neither may cost a token that somebody uses. */
const kept = 2 * maxTokens;

export class PersonalTokens {
  readonly #parts: PersonalTokensParts;

  constructor(parts: PersonalTokensParts) {
    this.#parts = parts;
  }

  /**
   * The secret is given this once.
   * @throws AccessError `unknown`, `invalid`, or `needed` when the user has too many
   */
  async create(user: string, wanted: NewPersonalToken): Promise<{ token: SecretView; secret: string }> {
    const { access, revision, now, newId, randomBytes } = this.#parts;
    const { label, expiresAt } = wanted;
    checkLabel(label);
    checkExpiry(expiresAt, now());
    const actions = wanted.actions && checkActions(wanted.actions);
    const account = await findUser(access, user);
    await this.#checkRoom(account.id, user);
    const secret = newSecret("personal", randomBytes);
    const record: SecretRecord = {
      id: newId(),
      accountId: account.id,
      kind: "personal",
      label,
      hash: hashSecret(secret),
      actions,
      createdAt: now(),
      expiresAt,
      lastUsedAt: undefined,
    };
    if (!(await access.secrets.add(record, kept))) throw noAccount("user", user);
    await revision.refresh();
    return { token: secretView(record), secret };
  }

  /**
   * Newest first.
   * @throws AccessError `unknown`
   */
  async list(user: string): Promise<SecretView[]> {
    const { access } = this.#parts;
    const { id } = await findUser(access, user);
    return (await access.secrets.list(id, "personal")).map(secretView);
  }

  /** @throws AccessError `unknown` */
  async revoke(user: string, id: string): Promise<void> {
    const { access, revision } = this.#parts;
    const account = await findUser(access, user);
    const deleted = await access.secrets.delete(account.id, id);
    if (!deleted) throw new AccessError("unknown", `${user} has no access token ${id}: list the tokens`);
    await revision.refresh();
  }

  async #checkRoom(accountId: string, user: string): Promise<void> {
    const existing = await this.#parts.access.secrets.list(accountId, "personal");
    if (existing.length < maxTokens) return;
    throw new AccessError("needed", `${user} has ${maxTokens} access tokens: revoke one that is not used`);
  }
}
