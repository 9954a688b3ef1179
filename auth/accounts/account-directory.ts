// Accounts by id, for every request that shows a signed token: rows are remembered for as long as nothing about accounts
// changed, so that asking costs no statement and a disabled account is out within seconds, in every process.
import type { AccountRecord } from "../../storage/metadata/access-records.ts";
import type { AccessStore } from "../../storage/metadata/access-store.ts";
import type { AccessRevision } from "../access-revision.ts";
import type { AccountHolder } from "../principal.ts";
import { RevisionedCache } from "../revisioned-cache.ts";
import { inactiveReason } from "./inactive-reason.ts";

export interface AccountDirectoryParts {
  readonly access: Pick<AccessStore, "accounts">;
  readonly revision: AccessRevision;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

const maxRemembered = 10_000;

export class AccountDirectory {
  readonly #accounts: Pick<AccessStore["accounts"], "findById">;
  readonly #now: () => number;
  /** Also that there is no such account. */
  readonly #known: RevisionedCache<{ readonly account: AccountRecord | undefined }>;

  constructor({ access, revision, now }: AccountDirectoryParts) {
    this.#accounts = access.accounts;
    this.#now = now;
    this.#known = new RevisionedCache(revision, maxRemembered);
  }

  async find(id: string): Promise<AccountRecord | undefined> {
    const load = async () => ({ account: await this.#accounts.findById(id) });
    return (await this.#known.load(id, load)).account;
  }

  /** Whether the account still exists, is enabled, and has not expired. */
  async isActive({ id, kind }: AccountHolder): Promise<boolean> {
    const account = await this.find(id);
    return account?.kind === kind && inactiveReason(account, this.#now()) === undefined;
  }
}
