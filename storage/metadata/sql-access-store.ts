// The access store on a database of SQL: which of its methods is which command, and which of them only read.
import type {
  AccessStore,
  Accounts,
  Audit,
  Groups,
  Members,
  Projects,
  Secrets,
  SigningKeys,
} from "./access-store.ts";
import type { CommandRunner } from "./command-runner.ts";
import { readAccessRevision } from "./commands/access-revision.ts";
import {
  changeAccount,
  createAccount,
  deleteAccount,
  findAccount,
  findAccountById,
  listAccounts,
} from "./commands/accounts.ts";
import { appendAudit, listAudit, pruneAudit } from "./commands/audit.ts";
import {
  addAccountToGroup,
  createGroup,
  deleteGroup,
  findGroup,
  groupsOfAccount,
  listAccountsOfGroup,
  listGroups,
  removeAccountFromGroup,
} from "./commands/groups.ts";
import { listMembers, removeMember, rolesOfAccount, setMember } from "./commands/members.ts";
import {
  adoptRepositories,
  changeProject,
  createProject,
  deleteProject,
  findProject,
  listProjects,
} from "./commands/projects.ts";
import {
  addSecret,
  deleteExpiredSecrets,
  deleteSecret,
  findSecretByHash,
  listSecrets,
  recordSecretUse,
} from "./commands/secrets.ts";
import { addSigningKey, deleteExpiredSigningKeys, listSigningKeys } from "./commands/signing-keys.ts";

export class SqlAccessStore implements AccessStore {
  readonly accounts: Accounts;
  readonly secrets: Secrets;
  readonly projects: Projects;
  readonly members: Members;
  readonly groups: Groups;
  readonly signingKeys: SigningKeys;
  readonly audit: Audit;
  readonly #runner: CommandRunner;

  constructor(runner: CommandRunner) {
    this.#runner = runner;
    this.accounts = accountsOver(runner);
    this.secrets = secretsOver(runner);
    this.projects = projectsOver(runner);
    this.members = membersOver(runner);
    this.groups = groupsOver(runner);
    this.signingKeys = signingKeysOver(runner);
    this.audit = auditOver(runner);
  }

  revision(): Promise<number> {
    return this.#runner.read(() => readAccessRevision());
  }

  changes(): number | undefined {
    return this.#runner.changes();
  }
}

function accountsOver(runner: CommandRunner): Accounts {
  return {
    create: (account) => runner.write(() => createAccount(account)),
    find: (name) => runner.read(() => findAccount(name)),
    findById: (id) => runner.read(() => findAccountById(id)),
    list: (page) => runner.read(() => listAccounts(page)),
    change: (id, change) => runner.write(() => changeAccount(id, change)),
    delete: (id) => runner.write(() => deleteAccount(id)),
    rolesOf: (id) => runner.read(() => rolesOfAccount(id)),
  };
}

function secretsOver(runner: CommandRunner): Secrets {
  return {
    add: (secret, keep) => runner.write(() => addSecret(secret, keep)),
    findByHash: (hash) => runner.read(() => findSecretByHash(hash)),
    list: (accountId, kind) => runner.read(() => listSecrets(accountId, kind)),
    delete: (accountId, id) => runner.write(() => deleteSecret(accountId, id)),
    recordUse: (id, at) => runner.write(() => recordSecretUse(id, at)),
    deleteExpired: (now, limit) => runner.write(() => deleteExpiredSecrets(now, limit)),
  };
}

function projectsOver(runner: CommandRunner): Projects {
  return {
    create: (project, maintainer) => runner.write(() => createProject(project, maintainer)),
    find: (name) => runner.read(() => findProject(name)),
    list: (page) => runner.read(() => listProjects(page)),
    change: (name, change) => runner.write(() => changeProject(name, change)),
    delete: (name, defaultProject) => runner.write(() => deleteProject(name, defaultProject)),
    adopt: (defaultProject, newId, now) => runner.write(() => adoptRepositories(defaultProject, newId, now)),
  };
}

function membersOver(runner: CommandRunner): Members {
  return {
    list: (project, page) => runner.read(() => listMembers(project, page)),
    set: (project, member) => runner.write(() => setMember(project, member)),
    remove: (project, member) => runner.write(() => removeMember(project, member)),
  };
}

function groupsOver(runner: CommandRunner): Groups {
  return {
    create: (group) => runner.write(() => createGroup(group)),
    find: (name) => runner.read(() => findGroup(name)),
    list: (page) => runner.read(() => listGroups(page)),
    delete: (name) => runner.write(() => deleteGroup(name)),
    listAccounts: (group, page) => runner.read(() => listAccountsOfGroup(group, page)),
    addAccount: (group, account) => runner.write(() => addAccountToGroup(group, account)),
    removeAccount: (group, account) => runner.write(() => removeAccountFromGroup(group, account)),
    groupsOf: (accountId) => runner.read(() => groupsOfAccount(accountId)),
  };
}

function signingKeysOver(runner: CommandRunner): SigningKeys {
  return {
    list: () => runner.read(() => listSigningKeys()),
    add: (key, replaces) => runner.write(() => addSigningKey(key, replaces)),
    deleteExpired: (now) => runner.write(() => deleteExpiredSigningKeys(now)),
  };
}

function auditOver(runner: CommandRunner): Audit {
  return {
    append: (entries) => runner.write(() => appendAudit(entries)),
    list: (query) => runner.read(() => listAudit(query)),
    prune: (before, limit) => runner.write(() => pruneAudit(before, limit)),
  };
}
