// The services of accounts mode on a real metadata store, with a clock, ids and random bytes that the test decides.
import { onTestFinished } from "vitest";
import { AccessRevision } from "../../../auth/access-revision.ts";
import { AccountDirectory } from "../../../auth/accounts/account-directory.ts";
import { Groups } from "../../../auth/accounts/groups.ts";
import { HashingQueue } from "../../../auth/accounts/hashing-queue.ts";
import { Passwords, type PasswordHasher } from "../../../auth/accounts/passwords.ts";
import { PersonalTokens } from "../../../auth/accounts/personal-tokens.ts";
import { Projects } from "../../../auth/accounts/projects.ts";
import { Robots } from "../../../auth/accounts/robots.ts";
import { Users } from "../../../auth/accounts/users.ts";
import { AccountsAuthorizer } from "../../../auth/accounts-authorizer.ts";
import type { AccountHolder } from "../../../auth/principal.ts";
import { openMetadataStore } from "../../../storage/metadata/open-metadata-store.ts";

/** argon2id would only make the tests slow: what it does is tested with it. */
export const plainHasher: PasswordHasher = {
  hash: async (password) => `hash of ${password}`,
  verify: async (hash, password) => hash === `hash of ${password}`,
  nobodys: "nobody's",
};

export const defaultProject = "library";
/** Where the clock of a test begins. */
export const start = Date.UTC(2030, 0, 1);

export interface OpenAccountsOptions {
  readonly path?: string;
  readonly hasher?: PasswordHasher;
  /** Keeps ids apart when several are opened on one file. */
  readonly process?: string;
  /** Who closes it, where it is not opened within a test. */
  readonly atEnd?: (close: () => Promise<void>) => void;
}

export async function openAccounts(options: OpenAccountsOptions = {}) {
  const { path = ":memory:", hasher = plainHasher, process = "p", atEnd = onTestFinished } = options;
  const metadata = await openMetadataStore({ kind: "sqlite", path });
  const { access } = metadata;
  const clock = { now: start, monotonic: 0 };
  const revision = await AccessRevision.open(access, {
    everyMilliseconds: 1_000_000,
    clock: () => clock.monotonic,
  });
  atEnd(async () => {
    revision.close();
    await metadata.close();
  });
  let count = 0;
  const now = () => clock.now;
  const newId = () => `${process}${++count}`;
  const randomBytes = (size: number) => Buffer.alloc(size, `${process} ${++count} `);
  const parts = { access, revision, defaultProject, now, newId, randomBytes };
  const projects = new Projects(parts);
  const directory = new AccountDirectory(parts);
  return {
    ...parts,
    metadata,
    clock,
    projects,
    directory,
    users: new Users({ ...parts, passwords: new Passwords(new HashingQueue(), hasher) }),
    robots: new Robots(parts),
    tokens: new PersonalTokens(parts),
    groups: new Groups(parts),
    authorizer: new AccountsAuthorizer({ ...parts, projects, directory }),
  };
}

export type OpenAccounts = Awaited<ReturnType<typeof openAccounts>>;

export function principalOf(
  kind: AccountHolder["kind"],
  { id, name }: Pick<AccountHolder, "id" | "name">,
): AccountHolder {
  return { kind, id, name };
}
