// The part of the metadata store that says who may do what: accounts and their secrets, projects and their members,
// groups, signing keys, the audit trail. As in metadata-store.ts each method is one atomic step, durable when it
// resolves. Every change that can take a right away raises the access revision in the same step.
import type {
  AccountRecord,
  AuditRecord,
  GroupRecord,
  MemberRecord,
  ProjectRecord,
  Role,
  SecretKind,
  SecretRecord,
  SigningKeyRecord,
} from "./access-records.ts";
import type { Page, PageRequest } from "./metadata-store.ts";

/** What somebody may see, as a value for the statements that list and find: never applied after the page. */
export type Visibility =
  | { readonly kind: "all" }
  /** The public projects and these. Repositories of a single segment belong to `defaultProject`. */
  | { readonly kind: "projects"; readonly projects: readonly string[]; readonly defaultProject: string }
  | { readonly kind: "repositories"; readonly names: readonly string[] };

export type AccountChange = Partial<
  Pick<
    AccountRecord,
    | "description"
    | "disabled"
    | "mayCreateProjects"
    | "systemAdmin"
    | "passwordHash"
    | "actions"
    | "expiresAt"
  >
>;

/** `last-admin`: nobody could administer any more, so nothing happened. */
export type AccountChangeOutcome = "changed" | "absent" | "last-admin";

export interface Accounts {
  /** `no-project`: the robot's project does not exist. */
  create(account: AccountRecord): Promise<"created" | "taken" | "no-project">;
  find(name: string): Promise<AccountRecord | undefined>;
  findById(id: string): Promise<AccountRecord | undefined>;
  /** Ascending by name. */
  list(
    page: PageRequest & {
      readonly kind?: AccountRecord["kind"] | undefined;
      readonly project?: string | undefined;
    },
  ): Promise<Page<AccountRecord>>;
  /** A new passwordHash ends the account's refresh secrets in the same step. A key that is absent leaves its field. */
  change(id: string, change: AccountChange): Promise<AccountChangeOutcome>;
  /** With its secrets, memberships and upload sessions. */
  delete(id: string): Promise<AccountChangeOutcome>;
  /** Its projects and the highest role in each, by itself or by a group. Ascending by project. */
  rolesOf(id: string): Promise<readonly { readonly project: string; readonly role: Role }[]>;
}

export interface Secrets {
  /** Adds it, and drops the account's oldest of that kind beyond `keep`. False when there is no such account. */
  add(secret: SecretRecord, keep: number): Promise<boolean>;
  /** The secret with this hash and its account, expired or not. */
  findByHash(hash: Buffer): Promise<{ secret: SecretRecord; account: AccountRecord } | undefined>;
  /** Newest first; those of all kinds unless one is named. */
  list(accountId: string, kind?: SecretKind): Promise<SecretRecord[]>;
  delete(accountId: string, id: string): Promise<boolean>;
  recordUse(id: string, at: number): Promise<void>;
  /** At most `limit`, those that expired before `now`; how many went. */
  deleteExpired(now: number, limit: number): Promise<number>;
}

export type ProjectRecordChange = Partial<Pick<ProjectRecord, "description" | "public">> & {
  /** null takes the limit away. */
  readonly maxBytes?: number | null;
};

export type MemberOutcome = "set" | "no-project" | "no-member";

export interface Projects {
  /**
   * @param maintainer id of the account that becomes its maintainer; one that is gone leaves it without members. The
   *   project begins empty then: blobs that lie under its name go. Under a name that holds images already a private
   *   project without members is made, and it is `taken`
   */
  create(project: ProjectRecord, maintainer?: string): Promise<"created" | "taken">;
  find(name: string): Promise<ProjectRecord | undefined>;
  /** Ascending by name. */
  list(page: PageRequest & { readonly visibility: Visibility }): Promise<Page<ProjectRecord>>;
  change(name: string, change: ProjectRecordChange): Promise<boolean>;
  /**
   * With its members, its robots and the blobs of its repositories; `not-empty` while one of these holds a manifest.
   * @param defaultProject repositories of a single segment belong to it
   */
  delete(name: string, defaultProject: string): Promise<"deleted" | "absent" | "not-empty">;
  /**
   * Makes a private project without members for every repository that has none, and the default one: what was pushed
   * while the registry was open belongs to the administrators, not to whoever comes first.
   */
  adopt(defaultProject: string, newId: () => string, now: number): Promise<void>;
}

export interface Members {
  /** Ascending by kind and name; the key of a member, for `after`, is `<kind>:<name>`. */
  list(project: string, page: PageRequest): Promise<Page<MemberRecord>>;
  set(project: string, member: MemberRecord): Promise<MemberOutcome>;
  remove(project: string, member: Pick<MemberRecord, "kind" | "name">): Promise<boolean>;
}

export interface Groups {
  create(group: GroupRecord): Promise<"created" | "taken">;
  find(name: string): Promise<GroupRecord | undefined>;
  list(page: PageRequest): Promise<Page<GroupRecord>>;
  delete(name: string): Promise<boolean>;
  listAccounts(group: string, page: PageRequest): Promise<Page<string>>;
  addAccount(group: string, account: string): Promise<"added" | "no-group" | "no-account">;
  removeAccount(group: string, account: string): Promise<boolean>;
  /** The names of the groups that the account is in, ascending. */
  groupsOf(accountId: string): Promise<readonly string[]>;
}

export interface SigningKeys {
  /** Newest first. */
  list(): Promise<SigningKeyRecord[]>;
  /** False, and nothing happened, when the newest key is another than `replaces`: another process came first. */
  add(key: SigningKeyRecord, replaces: string | undefined): Promise<boolean>;
  deleteExpired(now: number): Promise<void>;
}

export interface AuditQuery {
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  readonly outcome?: AuditRecord["outcome"] | undefined;
  /** Only entries with a smaller id: where the page before ended. */
  readonly before?: number | undefined;
  readonly limit: number;
}

export interface Audit {
  append(entries: readonly AuditRecord[]): Promise<void>;
  /** Newest first. */
  list(query: AuditQuery): Promise<Page<AuditRecord & { readonly id: number }>>;
  /** At most `limit` entries older than `before`; how many went. */
  prune(before: number, limit: number): Promise<number>;
}

export interface AccessStore {
  readonly accounts: Accounts;
  readonly secrets: Secrets;
  readonly projects: Projects;
  readonly members: Members;
  readonly groups: Groups;
  readonly signingKeys: SigningKeys;
  readonly audit: Audit;
  /** A number that grows with every change of accounts, secrets, projects, members, groups and keys, in any process. */
  revision(): Promise<number>;
  /** Another number once anything at all was committed, in any process; undefined when that can't be told. */
  changes(): number | undefined;
}
