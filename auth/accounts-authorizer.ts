// `auth.mode: accounts`: who may do what, by the accounts, roles and projects in the metadata store. What it read there it
// remembers until anything changes, so that a decision usually costs no statement; the rules stand in accounts/rights.ts.
import type { AccountRecord, ProjectRecord, Role } from "../storage/metadata/access-records.ts";
import type { AccessStore, Visibility } from "../storage/metadata/access-store.ts";
import type { Access } from "./access.ts";
import type { AccessRevision } from "./access-revision.ts";
import type { AccountDirectory } from "./accounts/account-directory.ts";
import { inactiveReason } from "./accounts/inactive-reason.ts";
import { isProjectName } from "./accounts/input-rules.ts";
import { projectOf } from "./accounts/project-of.ts";
import type { Projects } from "./accounts/projects.ts";
import {
  refusalOfSystem,
  refusalOnProject,
  refusalOnRepository,
  refusalToStrangers,
} from "./accounts/refusals.ts";
import { actionsIn, mayCreateProjects } from "./accounts/rights.ts";
import type { Authorizer, Decision } from "./authorizer.ts";
import type { Principal } from "./principal.ts";
import { RevisionedCache } from "./revisioned-cache.ts";

export interface AccountsAuthorizerParts {
  readonly access: Pick<AccessStore, "accounts" | "projects">;
  readonly revision: AccessRevision;
  readonly directory: Pick<AccountDirectory, "find">;
  readonly projects: Pick<Projects, "createOnPush">;
  /** The project of repositories whose name is a single segment. */
  readonly defaultProject: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

type RepositoryAccess = Extract<Access, { kind: "repository" }>;
type ProjectAccess = Extract<Access, { kind: "project" }>;

const rememberedProjects = 10_000;
/** A user may have a role in each of thousands of projects. */
const rememberedUsers = 1000;

const allowed: Decision = { allowed: true };

export class AccountsAuthorizer implements Authorizer {
  readonly #parts: AccountsAuthorizerParts;
  /** That a project does not exist is remembered too. */
  readonly #projects: RevisionedCache<{ readonly project: ProjectRecord | undefined }>;
  readonly #roles: RevisionedCache<ReadonlyMap<string, Role>>;

  constructor(parts: AccountsAuthorizerParts) {
    this.#parts = parts;
    this.#projects = new RevisionedCache(parts.revision, rememberedProjects);
    this.#roles = new RevisionedCache(parts.revision, rememberedUsers);
  }

  async decide(principal: Principal, access: Access): Promise<Decision> {
    // How much of these the credentials at hand carry is asked elsewhere (`covers`).
    if (access.kind === "registry" || access.kind === "catalog") return allowed;
    if (await this.#isPublicPull(access)) return allowed;
    const account = await this.#accountOf(principal);
    if (account === undefined) {
      return refuse(refusalToStrangers(access, principal.kind === "user" || principal.kind === "robot"));
    }
    switch (access.kind) {
      case "self":
        return allowed;
      case "system":
        return account.systemAdmin ? allowed : refuse(refusalOfSystem);
      case "project":
        return this.#decideOnProject(account, access);
      case "repository":
        return this.#decideOnRepository(account, access);
    }
  }

  async visibility(principal: Principal): Promise<Visibility> {
    const { defaultProject } = this.#parts;
    const account = await this.#accountOf(principal);
    const projects = account === undefined ? [] : await this.#pullableBy(account);
    return projects === "all" ? { kind: "all" } : { kind: "projects", projects, defaultProject };
  }

  createProject(principal: Principal, project: string): Promise<boolean> {
    return this.#parts.projects.createOnPush(principal, project);
  }

  async #decideOnRepository(account: AccountRecord, access: RepositoryAccess): Promise<Decision> {
    const name = projectOf(access.name, this.#parts.defaultProject);
    const project = await this.#findProject(name);
    const role = await this.#roleIn(name, account);
    const isMissing = project === undefined && access.action === "push";
    if (!isMissing && actionsIn(name, account, role).includes(access.action)) return allowed;
    const mayCreate = mayCreateProjects(account);
    if (isMissing && mayCreate && isProjectName(name)) return { allowed: true, creates: name };
    return refuse(refusalOnRepository(access, name, mayCreate));
  }

  async #decideOnProject(account: AccountRecord, { name, action }: ProjectAccess): Promise<Decision> {
    if (account.systemAdmin) return allowed;
    const role = await this.#roleIn(name, account);
    const isAllowed =
      action === "administer"
        ? role === "maintainer"
        : role !== undefined || (account.kind === "user" && (await this.#findProject(name))?.public === true);
    return isAllowed ? allowed : refuse(refusalOnProject(name, action));
  }

  /** The projects that an account may pull from, beside the public ones. */
  async #pullableBy(account: AccountRecord): Promise<readonly string[] | "all"> {
    if (account.systemAdmin) return "all";
    if (account.kind === "user") return [...(await this.#rolesOf(account)).keys()];
    if (!account.actions.includes("pull")) return [];
    return account.project === undefined ? "all" : [account.project];
  }

  /** undefined for whoever has no account here, or one that does not count any more. */
  async #accountOf(principal: Principal): Promise<AccountRecord | undefined> {
    if (principal.kind !== "user" && principal.kind !== "robot") return undefined;
    const account = await this.#parts.directory.find(principal.id);
    if (account?.kind !== principal.kind) return undefined;
    return inactiveReason(account, this.#parts.now()) === undefined ? account : undefined;
  }

  async #isPublicPull(access: Access): Promise<boolean> {
    if (access.kind !== "repository" || access.action !== "pull") return false;
    const project = await this.#findProject(projectOf(access.name, this.#parts.defaultProject));
    return project?.public === true;
  }

  async #findProject(name: string): Promise<ProjectRecord | undefined> {
    const { projects } = this.#parts.access;
    const found = await this.#projects.load(name, async () => ({ project: await projects.find(name) }));
    return found.project;
  }

  async #roleIn(project: string, account: AccountRecord): Promise<Role | undefined> {
    if (account.kind === "robot") return undefined;
    return (await this.#rolesOf(account)).get(project);
  }

  #rolesOf({ id }: AccountRecord): Promise<ReadonlyMap<string, Role>> {
    const { accounts } = this.#parts.access;
    return this.#roles.load(id, async () => {
      const roles = await accounts.rolesOf(id);
      return new Map(roles.map(({ project, role }) => [project, role]));
    });
  }
}

function refuse(reason: string): Decision {
  return { allowed: false, reason };
}
