// Small content for the parts of the contract that say who may do what. The id of whatever is called x is `id of x`.
import type {
  AccountRecord,
  GroupRecord,
  MemberRecord,
  ProjectRecord,
  Role,
  SecretRecord,
} from "../../storage/metadata/access-records.ts";
import type { MetadataStore } from "../../storage/metadata/metadata-store.ts";

export function userOf(name: string, more: Partial<AccountRecord> = {}): AccountRecord {
  return {
    id: `id of ${name}`,
    kind: "user",
    name,
    description: `the user ${name}`,
    disabled: false,
    createdAt: 1000,
    mayCreateProjects: false,
    systemAdmin: false,
    passwordHash: `password of ${name}`,
    project: undefined,
    actions: [],
    expiresAt: undefined,
    ...more,
  };
}

export function adminOf(name: string, more: Partial<AccountRecord> = {}): AccountRecord {
  return userOf(name, { systemAdmin: true, ...more });
}

export function robotOf(name: string, more: Partial<AccountRecord> = {}): AccountRecord {
  return userOf(name, { kind: "robot", passwordHash: undefined, actions: ["pull", "push"], ...more });
}

/** A secret of the account called `owner`, an access token unless `more` says otherwise. */
export function secretOf(owner: string, label: string, more: Partial<SecretRecord> = {}): SecretRecord {
  return {
    id: `id of ${label}`,
    accountId: `id of ${owner}`,
    kind: "personal",
    label,
    hash: Buffer.from(`hash of ${label}`),
    actions: undefined,
    createdAt: 1000,
    expiresAt: undefined,
    lastUsedAt: undefined,
    ...more,
  };
}

export function projectOf(name: string, more: Partial<ProjectRecord> = {}): ProjectRecord {
  return {
    id: `id of ${name}`,
    name,
    description: `all of ${name}`,
    public: false,
    createdAt: 1000,
    ...more,
  };
}

export function groupOf(name: string): GroupRecord {
  return { id: `id of ${name}`, name, description: `the group ${name}`, createdAt: 1000 };
}

export function memberOf(name: string, role: Role, kind: MemberRecord["kind"] = "account"): MemberRecord {
  return { kind, name, role };
}

export async function labelsOf(store: MetadataStore, owner: string): Promise<string[]> {
  return (await store.access.secrets.list(`id of ${owner}`)).map((secret) => secret.label);
}

/** Whether the step changed the revision, which must never shrink. */
export async function raisesRevision(store: MetadataStore, step: () => Promise<unknown>): Promise<boolean> {
  const before = await store.access.revision();
  await step();
  const after = await store.access.revision();
  if (after < before) throw new Error(`the revision fell from ${before} to ${after}`);
  return after > before;
}
