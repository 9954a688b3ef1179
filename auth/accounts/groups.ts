// Groups of users, which have roles in projects as single users do.
import type { GroupRecord } from "../../storage/metadata/access-records.ts";
import type { AccessStore } from "../../storage/metadata/access-store.ts";
import type { Page, PageRequest } from "../../storage/metadata/metadata-store.ts";
import { AccessError } from "../access-error.ts";
import type { AccessRevision } from "../access-revision.ts";
import { findUser, noAccount } from "./find-account.ts";
import { checkDescription, checkName } from "./input-rules.ts";

export interface GroupsParts {
  readonly access: Pick<AccessStore, "accounts" | "groups">;
  readonly revision: Pick<AccessRevision, "refresh">;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly newId: () => string;
}

export interface NewGroup {
  readonly name: string;
  readonly description?: string | undefined;
}

export class Groups {
  readonly #parts: GroupsParts;

  constructor(parts: GroupsParts) {
    this.#parts = parts;
  }

  /** @throws AccessError `invalid`, `taken` */
  async create({ name, description = "" }: NewGroup): Promise<GroupRecord> {
    checkName(name);
    checkDescription(description);
    const { access, revision, now, newId } = this.#parts;
    const group = { id: newId(), name, description, createdAt: now() };
    const outcome = await access.groups.create(group);
    if (outcome === "taken") throw new AccessError("taken", `there is a group called ${name} already`);
    await revision.refresh();
    return group;
  }

  /** @throws AccessError `unknown` */
  async get(name: string): Promise<GroupRecord> {
    const group = await this.#parts.access.groups.find(name);
    if (group === undefined) throw noGroup(name);
    return group;
  }

  /** Ascending by name. */
  list(page: PageRequest): Promise<Page<GroupRecord>> {
    return this.#parts.access.groups.list(page);
  }

  /**
   * With the roles that it gave.
   * @throws AccessError `unknown`
   */
  async delete(name: string): Promise<void> {
    if (!(await this.#parts.access.groups.delete(name))) throw noGroup(name);
    await this.#parts.revision.refresh();
  }

  /**
   * Names of users, ascending.
   * @throws AccessError `unknown`
   */
  async listAccounts(group: string, page: PageRequest): Promise<Page<string>> {
    await this.get(group);
    return this.#parts.access.groups.listAccounts(group, page);
  }

  /**
   * Nothing changes when the user is in it already.
   * @throws AccessError `unknown`
   */
  async addAccount(group: string, user: string): Promise<void> {
    const { access, revision } = this.#parts;
    // a robot's rights stand in its own account: a group would promise what it does not give
    await findUser(access, user);
    const outcome = await access.groups.addAccount(group, user);
    if (outcome === "no-group") throw noGroup(group);
    if (outcome === "no-account") throw noAccount("user", user);
    await revision.refresh();
  }

  /** @throws AccessError `unknown` */
  async removeAccount(group: string, user: string): Promise<void> {
    const { access, revision } = this.#parts;
    if (!(await access.groups.removeAccount(group, user))) {
      await this.get(group);
      throw new AccessError("unknown", `${user} is not in the group ${group}`);
    }
    await revision.refresh();
  }
}

function noGroup(name: string): AccessError {
  return new AccessError("unknown", `there is no group called ${name}`);
}
