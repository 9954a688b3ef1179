// Accounts of machines: what they may do stands in the account itself, and they prove themselves with generated
// secrets, of which two are valid at a time so that one can be exchanged while the other still works (REQ-55).
import type { AccountRecord, SecretRecord } from "../../storage/metadata/access-records.ts";
import type { AccessStore, AccountChange } from "../../storage/metadata/access-store.ts";
import type { Page, PageRequest } from "../../storage/metadata/metadata-store.ts";
import { AccessError } from "../access-error.ts";
import type { AccessRevision } from "../access-revision.ts";
import { robotView, type RobotView } from "./account-view.ts";
import { findRobot, nameTaken, noAccount } from "./find-account.ts";
import { checkActions, checkDescription, checkExpiry, checkName } from "./input-rules.ts";
import { secretView, type SecretView } from "./secret-view.ts";
import { hashSecret, newSecret } from "./secrets.ts";

export interface RobotsParts {
  readonly access: Pick<AccessStore, "accounts" | "secrets">;
  readonly revision: Pick<AccessRevision, "refresh">;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly newId: () => string;
  readonly randomBytes: (size: number) => Buffer;
}

export interface NewRobot {
  readonly name: string;
  /** undefined: it works in every project. */
  readonly project?: string | undefined;
  readonly actions: readonly string[];
  readonly description?: string | undefined;
  /** Milliseconds since 1970; undefined never expires. */
  readonly expiresAt?: number | undefined;
  /** Only for one that works in every project. */
  readonly mayCreateProjects?: boolean | undefined;
}

/** What is absent or undefined stays as it is. */
export interface RobotChange {
  readonly description?: string | undefined;
  readonly disabled?: boolean | undefined;
  readonly actions?: readonly string[] | undefined;
  /** null: it does not expire any more. */
  readonly expiresAt?: number | null | undefined;
  readonly mayCreateProjects?: boolean | undefined;
}

const validSecrets = 2;

export class Robots {
  readonly #parts: RobotsParts;

  constructor(parts: RobotsParts) {
    this.#parts = parts;
  }

  /**
   * The secret is given this once.
   * @throws AccessError `invalid`, `taken`, or `unknown` when there is no such project
   */
  async create(robot: NewRobot): Promise<{ robot: RobotView; secret: string }> {
    const account = this.#accountOf(robot);
    const outcome = await this.#parts.access.accounts.create(account);
    if (outcome === "taken") throw nameTaken(account.name);
    if (outcome === "no-project") {
      throw new AccessError("unknown", `there is no project called ${account.project}: create it first`);
    }
    return { robot: robotView(account), secret: await this.#addSecret(account) };
  }

  /** @throws AccessError `unknown` */
  async get(name: string): Promise<RobotView> {
    return robotView(await findRobot(this.#parts.access, name));
  }

  /** Ascending by name; those of every project unless one is named. */
  async list(page: PageRequest & { readonly project?: string | undefined }): Promise<Page<RobotView>> {
    const { entries, more } = await this.#parts.access.accounts.list({ ...page, kind: "robot" });
    return { entries: entries.map(robotView), more };
  }

  /** @throws AccessError `unknown`, `invalid` */
  async change(name: string, change: RobotChange): Promise<RobotView> {
    const account = await findRobot(this.#parts.access, name);
    const outcome = await this.#parts.access.accounts.change(account.id, this.#checked(account, change));
    if (outcome !== "changed") throw noAccount("robot", name);
    await this.#parts.revision.refresh();
    return this.get(name);
  }

  /**
   * Gives it one more secret, this once; of the older ones the newest stays valid.
   * @throws AccessError `unknown`
   */
  async rotate(name: string): Promise<{ secret: string }> {
    return { secret: await this.#addSecret(await findRobot(this.#parts.access, name)) };
  }

  /**
   * Newest first.
   * @throws AccessError `unknown`
   */
  async listSecrets(name: string): Promise<SecretView[]> {
    const { id } = await findRobot(this.#parts.access, name);
    return (await this.#parts.access.secrets.list(id, "robot")).map(secretView);
  }

  /** @throws AccessError `unknown` */
  async deleteSecret(name: string, id: string): Promise<void> {
    const robot = await findRobot(this.#parts.access, name);
    const deleted = await this.#parts.access.secrets.delete(robot.id, id);
    if (!deleted) throw new AccessError("unknown", `the robot ${name} has no secret ${id}: list its secrets`);
    await this.#parts.revision.refresh();
  }

  /** @throws AccessError `unknown` */
  async delete(name: string): Promise<void> {
    const { id } = await findRobot(this.#parts.access, name);
    const outcome = await this.#parts.access.accounts.delete(id);
    if (outcome !== "changed") throw noAccount("robot", name);
    await this.#parts.revision.refresh();
  }

  #accountOf(robot: NewRobot): AccountRecord {
    const { name, project, description = "", expiresAt, mayCreateProjects = false } = robot;
    const now = this.#parts.now();
    checkName(name);
    checkDescription(description);
    checkExpiry(expiresAt, now);
    checkCreation(project, mayCreateProjects);
    return {
      id: this.#parts.newId(),
      kind: "robot",
      name,
      description,
      disabled: false,
      createdAt: now,
      mayCreateProjects,
      systemAdmin: false,
      passwordHash: undefined,
      project,
      actions: checkActions(robot.actions),
      expiresAt,
    };
  }

  #checked({ project }: AccountRecord, change: RobotChange): AccountChange {
    const { description, disabled, actions, expiresAt, mayCreateProjects } = change;
    if (description !== undefined) checkDescription(description);
    checkExpiry(expiresAt ?? undefined, this.#parts.now());
    checkCreation(project, mayCreateProjects ?? false);
    return {
      ...(description !== undefined && { description }),
      ...(disabled !== undefined && { disabled }),
      ...(actions !== undefined && { actions: checkActions(actions) }),
      ...(expiresAt !== undefined && { expiresAt: expiresAt ?? undefined }),
      ...(mayCreateProjects !== undefined && { mayCreateProjects }),
    };
  }

  async #addSecret({ id, name }: AccountRecord): Promise<string> {
    const { access, revision, now, newId, randomBytes } = this.#parts;
    const secret = newSecret("robot", randomBytes);
    const record: SecretRecord = {
      id: newId(),
      accountId: id,
      kind: "robot",
      label: "",
      hash: hashSecret(secret),
      actions: undefined,
      createdAt: now(),
      expiresAt: undefined,
      lastUsedAt: undefined,
    };
    if (!(await access.secrets.add(record, validSecrets))) throw noAccount("robot", name);
    await revision.refresh();
    return secret;
  }
}

function checkCreation(project: string | undefined, mayCreateProjects: boolean): void {
  if (project === undefined || !mayCreateProjects) return;
  throw new AccessError(
    "invalid",
    "a robot of one project can't create others: make one that belongs to no project",
  );
}
