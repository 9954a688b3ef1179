// What the admin API stands on: the gate, the services that the command line calls too, and what it reads past them.
import type { Groups } from "../../../auth/accounts/groups.ts";
import type { PersonalTokens } from "../../../auth/accounts/personal-tokens.ts";
import type { Projects } from "../../../auth/accounts/projects.ts";
import type { Robots } from "../../../auth/accounts/robots.ts";
import type { Users } from "../../../auth/accounts/users.ts";
import type { AuditTrail, TrailEntry } from "../../../auth/audit-trail.ts";
import type { Authenticator } from "../../../auth/authenticator.ts";
import type { Page } from "../../registry/registry.ts";
import type { Locate } from "../location.ts";
import type { Gate } from "../middleware/gate.ts";
import type { Origin } from "../origin.ts";
import type { CollectionAdmin } from "./collection-admin.ts";
import type { FsckAdmin } from "./fsck-admin.ts";
import type { MirrorAdmin } from "./mirror-admin.ts";
import type { RetentionAdmin } from "./retention-admin.ts";
import type { TagHistoryAdmin } from "./tag-history-admin.ts";

export interface AdminParts {
  readonly gate: Pick<Gate, "admit" | "callerOf" | "decisionOn" | "visibleTo">;
  readonly users: Users;
  readonly robots: Robots;
  readonly personalTokens: PersonalTokens;
  readonly projects: Projects;
  readonly groups: Groups;
  readonly mirror: MirrorAdmin;
  readonly collection: CollectionAdmin;
  readonly retention: RetentionAdmin;
  readonly tagHistory: TagHistoryAdmin;
  readonly fsck: FsckAdmin;
  readonly access: AccessReads;
  readonly trail: Pick<AuditTrail, "write">;
  /** Judges the current password of somebody who changes it. */
  readonly authenticator: Authenticator;
  readonly origin: Pick<Origin, "clientAddress" | "baseUrl">;
  readonly locate: Locate;
}

/** The part of the access store that no service gives, because nothing has to be decided there. */
export interface AccessReads {
  readonly accounts: { rolesOf(id: string): Promise<readonly ProjectRole[]> };
  readonly groups: { groupsOf(accountId: string): Promise<readonly string[]> };
  readonly audit: { list(query: AuditQuery): Promise<Page<AuditEntry>> };
}

export interface ProjectRole {
  readonly project: string;
  readonly role: "guest" | "developer" | "maintainer";
}

export type AuditEntry = TrailEntry & { readonly id: number; readonly at: number };

export interface AuditQuery {
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  readonly outcome?: AuditEntry["outcome"] | undefined;
  readonly before?: number | undefined;
  readonly limit: number;
}
