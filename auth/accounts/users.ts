// People's accounts: what the admin API and the command line call to make, change and remove them. Who may call is
// asked before, by the authorizer.
import type {
  AccessStore,
  AccountChange,
  AccountChangeOutcome,
} from "../../storage/metadata/access-store.ts";
import type { AccountRecord } from "../../storage/metadata/access-records.ts";
import type { Page, PageRequest } from "../../storage/metadata/metadata-store.ts";
import { AccessError } from "../access-error.ts";
import type { AccessRevision } from "../access-revision.ts";
import { userView, type UserView } from "./account-view.ts";
import { findUser, nameTaken, noAccount } from "./find-account.ts";
import { checkDescription, checkName } from "./input-rules.ts";
import { checkNewPassword, type Passwords } from "./passwords.ts";

export interface UsersParts {
  readonly access: Pick<AccessStore, "accounts">;
  readonly passwords: Pick<Passwords, "hash">;
  readonly revision: Pick<AccessRevision, "refresh">;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly newId: () => string;
}

export interface NewUser {
  readonly name: string;
  /** Without one the user logs in by access token alone, or by a password that is kept elsewhere. */
  readonly password?: string | undefined;
  readonly description?: string | undefined;
  readonly systemAdmin?: boolean | undefined;
  /** Unless said otherwise, yes. */
  readonly mayCreateProjects?: boolean | undefined;
}

/** What is absent or undefined stays as it is. */
export interface UserChange {
  readonly description?: string | undefined;
  readonly disabled?: boolean | undefined;
  readonly systemAdmin?: boolean | undefined;
  readonly mayCreateProjects?: boolean | undefined;
}

export class Users {
  readonly #parts: UsersParts;

  constructor(parts: UsersParts) {
    this.#parts = parts;
  }

  /** @throws AccessError `invalid`, `taken`, or `busy` when too many passwords are being worked on */
  async create(user: NewUser): Promise<UserView> {
    const { name, password, description = "", systemAdmin = false, mayCreateProjects = true } = user;
    checkName(name);
    checkDescription(description);
    const account: AccountRecord = {
      id: this.#parts.newId(),
      kind: "user",
      name,
      description,
      disabled: false,
      createdAt: this.#parts.now(),
      mayCreateProjects,
      systemAdmin,
      passwordHash: password === undefined ? undefined : await this.#hash(password),
      project: undefined,
      actions: [],
      expiresAt: undefined,
    };
    const outcome = await this.#parts.access.accounts.create(account);
    if (outcome !== "created") throw nameTaken(name);
    await this.#parts.revision.refresh();
    return userView(account);
  }

  /** @throws AccessError `unknown` */
  async get(name: string): Promise<UserView> {
    return userView(await findUser(this.#parts.access, name));
  }

  /** Ascending by name. */
  async list(page: PageRequest): Promise<Page<UserView>> {
    const { entries, more } = await this.#parts.access.accounts.list({ ...page, kind: "user" });
    return { entries: entries.map(userView), more };
  }

  /** @throws AccessError `unknown`, `invalid`, or `needed` when nobody could administer any more */
  async change(name: string, change: UserChange): Promise<UserView> {
    if (change.description !== undefined) checkDescription(change.description);
    await this.#change(name, given(change));
    return this.get(name);
  }

  /**
   * Logins that the old password led to do not last: their refresh tokens end with it.
   * @throws AccessError `unknown`, `invalid`, `busy`
   */
  async setPassword(name: string, password: string): Promise<void> {
    await this.get(name);
    await this.#change(name, { passwordHash: await this.#hash(password) });
  }

  /**
   * With the user's access tokens, roles and upload sessions; what was pushed stays.
   * @throws AccessError `unknown`, or `needed` when nobody could administer any more
   */
  async delete(name: string): Promise<void> {
    const { id } = await findUser(this.#parts.access, name);
    await this.#settle(name, this.#parts.access.accounts.delete(id));
  }

  async #change(name: string, change: AccountChange): Promise<void> {
    const { id } = await findUser(this.#parts.access, name);
    await this.#settle(name, this.#parts.access.accounts.change(id, change));
  }

  async #settle(name: string, change: Promise<AccountChangeOutcome>): Promise<void> {
    const outcome = await change;
    if (outcome === "absent") throw noAccount("user", name);
    if (outcome === "last-admin") {
      const advice = "make another user a system administrator first";
      throw new AccessError("needed", `${name} is the last system administrator: ${advice}`);
    }
    await this.#parts.revision.refresh();
  }

  async #hash(password: string): Promise<string> {
    checkNewPassword(password);
    return this.#parts.passwords.hash(password);
  }
}

function given({ description, disabled, systemAdmin, mayCreateProjects }: UserChange): AccountChange {
  return {
    ...(description !== undefined && { description }),
    ...(disabled !== undefined && { disabled }),
    ...(systemAdmin !== undefined && { systemAdmin }),
    ...(mayCreateProjects !== undefined && { mayCreateProjects }),
  };
}
