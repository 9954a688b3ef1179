// Projects and who has which role in them: what the admin API, the command line and a push to a project that does not
// exist yet call.
import type { MemberRecord, ProjectRecord } from "../../storage/metadata/access-records.ts";
import type { AccessStore, Visibility } from "../../storage/metadata/access-store.ts";
import type { Page, PageRequest } from "../../storage/metadata/metadata-store.ts";
import type { UsageStore } from "../../storage/metadata/usage-store.ts";
import { AccessError } from "../access-error.ts";
import type { AccessRevision } from "../access-revision.ts";
import type { AccountHolder, Principal } from "../principal.ts";
import { findUser } from "./find-account.ts";
import { checkDescription, checkProjectName } from "./input-rules.ts";

export interface ProjectsParts {
  readonly access: Pick<AccessStore, "accounts" | "projects" | "members">;
  readonly revision: Pick<AccessRevision, "refresh">;
  /** What projects hold. Nothing unless given. */
  readonly usage?: Pick<UsageStore, "ofProject"> | undefined;
  /** The project of repositories whose name is a single segment. */
  readonly defaultProject: string;
  /** Names that lead elsewhere than to repositories of our own, and so can't be created; none unless given. */
  readonly reserved?: ReadonlySet<string> | undefined;
  /** Projects of upstreams, whose visibility the configuration says and which stay as long as it names them. */
  readonly mirrored?: ReadonlySet<string> | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly newId: () => string;
}

export interface NewProject {
  readonly name: string;
  readonly description?: string | undefined;
  /** Unless said otherwise, no. */
  readonly public?: boolean | undefined;
}

/** What is absent or undefined stays as it is. */
export type ProjectChange = Omit<NewProject, "name"> & {
  /** What its repositories may hold; null is no limit. */
  readonly maxBytes?: number | null | undefined;
};

export class Projects {
  readonly #parts: ProjectsParts;

  constructor(parts: ProjectsParts) {
    this.#parts = parts;
  }

  /**
   * @param maintainer a user who becomes its first member; a robot has no roles, so it becomes none
   * @throws AccessError `invalid`, `taken`
   */
  async create(project: NewProject, maintainer?: AccountHolder): Promise<ProjectRecord> {
    const { name } = project;
    checkProjectName(name);
    if (this.#parts.reserved?.has(name) || this.#parts.mirrored?.has(name)) {
      throw new AccessError(
        "invalid",
        `choose another name: ${name} leads to an upstream that is mirrored here`,
      );
    }
    return this.#add(project, maintainer);
  }

  /**
   * Makes the project of an upstream what the configuration says, whatever it was. Its members stay.
   * @throws AccessError `invalid`
   */
  async ensure(name: string, { public: isPublic }: { readonly public: boolean }): Promise<void> {
    const { access, revision } = this.#parts;
    checkProjectName(name);
    const found = await access.projects.find(name);
    if (found === undefined) {
      try {
        await this.#add({ name, public: isPublic, description: `Mirrors ${name}` });
        return;
      } catch (error) {
        // another process was faster, or images lie under the name already: then there is a private project now
        if (!(error instanceof AccessError && error.code === "taken")) throw error;
      }
    }
    if (found?.public === isPublic) return;
    await access.projects.change(name, { public: isPublic });
    await revision.refresh();
  }

  async #add(project: NewProject, maintainer?: AccountHolder): Promise<ProjectRecord> {
    const { name, description = "", public: isPublic = false } = project;
    checkDescription(description);
    const { access, revision, now, newId } = this.#parts;
    const record = { id: newId(), name, description, public: isPublic, createdAt: now() };
    const user = maintainer?.kind === "user" ? maintainer.id : undefined;
    const outcome = await access.projects.create(record, user);
    // also of a project that another process made: whoever asks next must see it
    await revision.refresh();
    if (outcome === "taken") throw new AccessError("taken", `there is a project called ${name} already`);
    return record;
  }

  /**
   * Makes the project that a push needs, private, its pusher the maintainer. False when it exists by now, which may be
   * somebody else's: decide once more before the push goes on.
   * @throws AccessError `invalid`
   */
  async createOnPush(principal: Principal, name: string): Promise<boolean> {
    if (principal.kind !== "user" && principal.kind !== "robot") {
      throw new AccessError("invalid", `sign in to create the project ${name}`);
    }
    try {
      await this.create({ name }, principal);
      return true;
    } catch (error) {
      if (error instanceof AccessError && error.code === "taken") return false;
      throw error;
    }
  }

  /** @throws AccessError `unknown` */
  async get(name: string): Promise<ProjectRecord> {
    const project = await this.#parts.access.projects.find(name);
    if (project === undefined) throw noProject(name);
    return project;
  }

  /** How many bytes its repositories hold, which is what its quota bounds: those of a single segment are the default one's. */
  async usedBytes(name: string): Promise<number> {
    const { usage, defaultProject } = this.#parts;
    const counted = name === defaultProject ? [name, ""] : [name];
    let bytes = 0;
    for (const project of counted) {
      const used = await usage?.ofProject(project);
      bytes += (used?.blobBytes ?? 0) + (used?.manifestBytes ?? 0);
    }
    return bytes;
  }

  /** Those that the caller may see, ascending by name. */
  list(page: PageRequest & { readonly visibility: Visibility }): Promise<Page<ProjectRecord>> {
    return this.#parts.access.projects.list(page);
  }

  /** @throws AccessError `unknown`, `invalid` */
  async change(name: string, change: ProjectChange): Promise<ProjectRecord> {
    const { description, public: isPublic, maxBytes } = change;
    if (description !== undefined) checkDescription(description);
    if (isPublic !== undefined) this.#expectOwn(name, "whether anybody may pull from it (anonymous)");
    if (typeof maxBytes === "number") this.#expectNotCached(name);
    const changed = await this.#parts.access.projects.change(name, {
      ...(description !== undefined && { description }),
      ...(isPublic !== undefined && { public: isPublic }),
      ...(maxBytes !== undefined && { maxBytes }),
    });
    if (!changed) throw noProject(name);
    await this.#parts.revision.refresh();
    return this.get(name);
  }

  /**
   * With its members and robots.
   * @throws AccessError `unknown`, `invalid`, or `needed` while it holds repositories
   */
  async delete(name: string): Promise<void> {
    const { access, revision, defaultProject } = this.#parts;
    this.#expectOwn(name, "that it is there");
    const outcome = await access.projects.delete(name, defaultProject);
    if (outcome === "absent") throw noProject(name);
    if (outcome === "not-empty") {
      throw new AccessError("needed", `the project ${name} holds repositories: delete their manifests first`);
    }
    await revision.refresh();
  }

  /**
   * Ascending by kind and name.
   * @param page `after` is `kind:name` of the last entry of the page before
   * @throws AccessError `unknown`
   */
  async listMembers(project: string, page: PageRequest): Promise<Page<MemberRecord>> {
    await this.get(project);
    return this.#parts.access.members.list(project, page);
  }

  /**
   * Gives a user or a group a role, in place of the one that it had.
   * @throws AccessError `unknown`
   */
  async setMember(project: string, member: MemberRecord): Promise<void> {
    const { access, revision } = this.#parts;
    // a robot's rights stand in its own account: a role would promise what it does not give
    if (member.kind === "account") await findUser(access, member.name);
    const outcome = await access.members.set(project, member);
    if (outcome === "no-project") throw noProject(project);
    if (outcome === "no-member") throw new AccessError("unknown", `there is no ${nameOf(member)}`);
    await revision.refresh();
  }

  /** @throws AccessError `invalid` for an upstream's project */
  #expectOwn(name: string, what: string): void {
    if (!this.#parts.mirrored?.has(name)) return;
    throw new AccessError("invalid", `change the configuration: upstreams says of ${name} ${what}`);
  }

  /** @throws AccessError `invalid` for an upstream's project */
  #expectNotCached(name: string): void {
    if (!this.#parts.mirrored?.has(name)) return;
    throw new AccessError(
      "invalid",
      `${name} is mirrored: mirror.maxBytes bounds what is cached, no quota does`,
    );
  }

  /** @throws AccessError `unknown` */
  async removeMember(project: string, member: Pick<MemberRecord, "kind" | "name">): Promise<void> {
    const { access, revision } = this.#parts;
    if (!(await access.members.remove(project, member))) {
      await this.get(project);
      throw new AccessError("unknown", `the project ${project} has no member that is the ${nameOf(member)}`);
    }
    await revision.refresh();
  }
}

function nameOf({ kind, name }: Pick<MemberRecord, "kind" | "name">): string {
  return kind === "group" ? `group called ${name}` : `user called ${name}`;
}

function noProject(name: string): AccessError {
  return new AccessError("unknown", `there is no project called ${name}`);
}
