// The second composition root: who may do what, without a server. `berth serve` takes the services on the store that it
// has open already; the command line opens the store for one command, also while a server runs on the same data.
import { randomBytes, randomUUID } from "node:crypto";
import { stat } from "node:fs/promises";
import { AccessRevision } from "../../auth/access-revision.ts";
import { Groups } from "../../auth/accounts/groups.ts";
import { HashingQueue } from "../../auth/accounts/hashing-queue.ts";
import { Passwords } from "../../auth/accounts/passwords.ts";
import { PersonalTokens } from "../../auth/accounts/personal-tokens.ts";
import { Projects } from "../../auth/accounts/projects.ts";
import { Robots } from "../../auth/accounts/robots.ts";
import { Users } from "../../auth/accounts/users.ts";
import { AuditTrail } from "../../auth/audit-trail.ts";
import type { AccessStore } from "../../storage/metadata/access-store.ts";
import type { MetadataStore } from "../../storage/metadata/metadata-store.ts";
import { openMetadataStore } from "../../storage/metadata/open-metadata-store.ts";
import type { Config } from "../config/load-config.ts";
import { reservedNames } from "../pull-through/upstream-settings.ts";

/** What the admin API and the command line call. */
export interface AccessServices {
  readonly users: Users;
  readonly robots: Robots;
  readonly personalTokens: PersonalTokens;
  readonly projects: Projects;
  readonly groups: Groups;
}

export interface AccessServicesParts {
  readonly revision: AccessRevision;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** With the queue that logins wait in; one of its own unless given. */
  readonly passwords?: Passwords;
}

export function accessServices(
  { access, usage }: Pick<MetadataStore, "access" | "usage">,
  { auth: { accounts }, mirror }: Pick<Config, "auth" | "mirror">,
  { revision, now = Date.now, passwords = new Passwords(new HashingQueue()) }: AccessServicesParts,
): AccessServices {
  const parts = { access, revision, now, newId: randomUUID, randomBytes };
  const { defaultProject } = accounts;
  const names = {
    reserved: reservedNames(mirror),
    mirrored: new Set(mirror.upstreams.map(({ name }) => name)),
  };
  return {
    users: new Users({ ...parts, passwords }),
    robots: new Robots(parts),
    personalTokens: new PersonalTokens(parts),
    projects: new Projects({ ...parts, ...names, usage, defaultProject }),
    groups: new Groups(parts),
  };
}

/** The services on a metadata store of their own. */
export type OpenAccess = AccessServices & {
  /** An account's roles, by itself and by its groups, and the groups. */
  readonly memberships: Pick<AccessStore["accounts"], "rolesOf"> & Pick<AccessStore["groups"], "groupsOf">;
  readonly audit: Pick<AccessStore["audit"], "list">;
  readonly trail: Pick<AuditTrail, "write">;
  close(): Promise<void>;
};

export interface OpenAccessOptions {
  readonly now?: () => number;
  /** How long to wait for another process that holds the database; ten seconds unless given. */
  readonly busyLimitMilliseconds?: number;
}

/**
 * Opens what exists and makes nothing: a mistyped data directory shall not become a new, empty one.
 * @throws Error with code ENOENT when there is no database yet, and whatever opening one throws
 */
export async function openAccess(config: Config, options: OpenAccessOptions = {}): Promise<OpenAccess> {
  const { path } = config.storage.metadata.sqlite;
  await stat(path);
  const { now = Date.now } = options;
  const metadata = await openMetadataStore({ kind: "sqlite", path, ...options });
  try {
    const { access } = metadata;
    const revision = await AccessRevision.open(access);
    return {
      ...accessServices(metadata, config, { revision, now }),
      memberships: {
        rolesOf: (id) => access.accounts.rolesOf(id),
        groupsOf: (id) => access.groups.groupsOf(id),
      },
      audit: access.audit,
      // only `write` is used here, and what fails there is thrown
      trail: new AuditTrail({ store: access.audit, now, onProblem: () => undefined }),
      close: () => {
        revision.close();
        return metadata.close();
      },
    };
  } catch (error) {
    await metadata.close();
    throw error;
  }
}
