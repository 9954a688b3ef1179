// A walk through every method of the access store, in every branch that has statements of its own. Each step changes
// what the steps before it left.
import { randomUUID } from "node:crypto";
import type { AuditRecord } from "../../../storage/metadata/access-records.ts";
import type { MetadataStore } from "../../../storage/metadata/metadata-store.ts";
import {
  adminOf,
  groupOf,
  memberOf,
  projectOf,
  robotOf,
  secretOf,
  userOf,
} from "../../contracts/metadata-store-access-fixture.ts";
import { manifestOf, uploadOf } from "../../contracts/metadata-store-fixture.ts";

type Step = readonly [name: string, run: (store: MetadataStore) => Promise<unknown>];

const some = { kind: "projects", projects: ["team"], defaultProject: "library" } as const;
const login = secretOf("ann", "login", { kind: "refresh", expiresAt: 10 });

const signingKey = (kid: string) =>
  ({ kid, algorithm: "ES256", privateKey: "", createdAt: 1000, expiresAt: 2000 }) as const;
const entry: AuditRecord = {
  ...{ at: 1000, actor: "ann", action: "login", target: "ann", detail: "" },
  ...{ outcome: "allowed", address: undefined, requestId: undefined },
};

/** What changes something, in an order in which all of it succeeds. */
export const accessChanges: readonly Step[] = [
  ["create a user", ({ access }) => access.accounts.create(userOf("ann"))],
  ["create an administrator", ({ access }) => access.accounts.create(adminOf("root"))],
  ["create another", ({ access }) => access.accounts.create(adminOf("other"))],
  ["create a project", ({ access }) => access.projects.create(projectOf("team"))],
  ["create one with a maintainer", ({ access }) => access.projects.create(projectOf("mine"), "id of ann")],
  ["create a robot", ({ access }) => access.accounts.create(robotOf("bot", { project: "team" }))],
  ["add a secret", ({ access }) => access.secrets.add(secretOf("ann", "token"), 1)],
  ["add one in the place of another", ({ access }) => access.secrets.add(secretOf("ann", "next"), 1)],
  ["add a login", ({ access }) => access.secrets.add(login, 5)],
  ["add a robot's secret", ({ access }) => access.secrets.add(secretOf("bot", "key", { kind: "robot" }), 1)],
  ["record a use", ({ access }) => access.secrets.recordUse("id of next", 5000)],
  ["create a group", ({ access }) => access.groups.create(groupOf("devs"))],
  ["add an account to it", ({ access }) => access.groups.addAccount("devs", "ann")],
  ["set a member", ({ access }) => access.members.set("team", memberOf("ann", "guest"))],
  ["set a group", ({ access }) => access.members.set("team", memberOf("devs", "developer", "group"))],
  ["start an upload", ({ uploads }) => uploads.start({ ...uploadOf("u", "a"), owner: "user:id of ann" })],
  ["start a robot's", ({ uploads }) => uploads.start({ ...uploadOf("r", "a"), owner: "robot:id of bot" })],
  ["disable an account", ({ access }) => access.accounts.change("id of ann", { disabled: true })],
  ["change a password", ({ access }) => access.accounts.change("id of ann", { passwordHash: "new" })],
  ["demote an administrator", ({ access }) => access.accounts.change("id of root", { systemAdmin: false })],
  ["change a project", ({ access }) => access.projects.change("team", { public: true })],
  ["push an image", ({ manifests }) => manifests.commit(manifestOf("old/app", "image"))],
  ["adopt it", ({ access }) => access.projects.adopt("library", randomUUID, 1000)],
  ["add another login", ({ access }) => access.secrets.add(login, 5)],
  ["delete what expired", ({ access }) => access.secrets.deleteExpired(20, 10)],
  ["delete a secret", ({ access }) => access.secrets.delete("id of ann", "id of next")],
  ["remove a member", ({ access }) => access.members.remove("mine", { kind: "account", name: "ann" })],
  ["delete a project with a robot", ({ access }) => access.projects.delete("team", "library")],
  ["remove an account from a group", ({ access }) => access.groups.removeAccount("devs", "ann")],
  ["add it again", ({ access }) => access.groups.addAccount("devs", "ann")],
  ["give the group a role", ({ access }) => access.members.set("mine", memberOf("devs", "guest", "group"))],
  ["delete the group", ({ access }) => access.groups.delete("devs")],
  ["give the account a role", ({ access }) => access.members.set("mine", memberOf("ann", "guest"))],
  ["delete the account", ({ access }) => access.accounts.delete("id of ann")],
  ["add the first signing key", ({ access }) => access.signingKeys.add(signingKey("one"), undefined)],
  ["add the next", ({ access }) => access.signingKeys.add(signingKey("two"), "one")],
  ["delete expired ones", ({ access }) => access.signingKeys.deleteExpired(2000)],
  ["append to the trail", ({ access }) => access.audit.append(Array.from({ length: 150 }, () => entry))],
  ["prune the trail", ({ access }) => access.audit.prune(2000, 10)],
];

/** What changes nothing, in whatever state the store is. */
export const accessReads: readonly Step[] = [
  ["find an account", ({ access }) => access.accounts.find("ann")],
  ["find one by id", ({ access }) => access.accounts.findById("id of ann")],
  ["list accounts", ({ access }) => access.accounts.list({ limit: 10 })],
  ["list users", ({ access }) => access.accounts.list({ limit: 10, kind: "user" })],
  ["list robots", ({ access }) => access.accounts.list({ limit: 10, project: "team" })],
  ["list both ways", ({ access }) => access.accounts.list({ limit: 10, kind: "robot", project: "team" })],
  ["list roles", ({ access }) => access.accounts.rolesOf("id of ann")],
  ["delete the last administrator", ({ access }) => access.accounts.delete("id of other")],
  ["find a secret", ({ access }) => access.secrets.findByHash(login.hash)],
  ["list secrets", ({ access }) => access.secrets.list("id of ann")],
  ["list secrets of a kind", ({ access }) => access.secrets.list("id of ann", "personal")],
  ["find a project", ({ access }) => access.projects.find("team")],
  ["list projects", ({ access }) => access.projects.list({ limit: 10, visibility: { kind: "all" } })],
  ["list visible projects", ({ access }) => access.projects.list({ limit: 10, visibility: some })],
  ["delete a project that is not empty", ({ access }) => access.projects.delete("old", "old")],
  ["list members", ({ access }) => access.members.list("team", { limit: 10 })],
  ["find a group", ({ access }) => access.groups.find("devs")],
  ["list groups", ({ access }) => access.groups.list({ limit: 10 })],
  ["list its accounts", ({ access }) => access.groups.listAccounts("devs", { limit: 10 })],
  ["list an account's groups", ({ access }) => access.groups.groupsOf("id of ann")],
  ["add a key that comes too late", ({ access }) => access.signingKeys.add(signingKey("x"), "nobody")],
  ["list signing keys", ({ access }) => access.signingKeys.list()],
  ["list the trail", ({ access }) => access.audit.list({ limit: 10 })],
  ["list an actor's", ({ access }) => access.audit.list({ limit: 10, actor: "ann" })],
  ["list an action's", ({ access }) => access.audit.list({ limit: 10, action: "login" })],
  ["list an outcome's", ({ access }) => access.audit.list({ limit: 10, outcome: "failed" })],
  ["list some", ({ access }) => access.audit.list({ limit: 10, actor: "a", action: "b", outcome: "failed" })],
  ["read the revision", ({ access }) => access.revision()],
];
