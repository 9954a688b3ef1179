// What the composition needs of an auth mode, and what each mode is made of: apart from the modes, which all speak of it.
import type { FirstAdmin } from "../../auth/accounts/first-admin.ts";
import type { MetadataStore } from "../../storage/metadata/metadata-store.ts";
import type { CollectionAdmin } from "../http/admin/collection-admin.ts";
import type { TagHistoryAdmin } from "../http/admin/tag-history-admin.ts";
import type { FsckAdmin } from "../http/admin/fsck-admin.ts";
import type { MirrorAdmin } from "../http/admin/mirror-admin.ts";
import type { RetentionAdmin } from "../http/admin/retention-admin.ts";
import type { AppParts } from "../http/app.ts";
import type { Gate } from "../http/middleware/gate.ts";
import type { Origin } from "../http/origin.ts";
import type { Job } from "../jobs/job.ts";
import type { Logger } from "../observability/logger.ts";
import type { NamespaceResolver } from "../registry/namespace-resolver.ts";
import type { Expiring } from "../observability/metrics.ts";

export interface AuthParts {
  readonly metadata: MetadataStore;
  readonly origin: Origin;
  /** For the admin API. */
  readonly mirror: MirrorAdmin;
  readonly collection: CollectionAdmin;
  readonly retention: RetentionAdmin;
  readonly tagHistory: TagHistoryAdmin;
  readonly fsck: FsckAdmin;
  /** What the names in scopes mean. */
  readonly names: NamespaceResolver;
  readonly logger: Logger;
  readonly now: () => number;
  /** For the first administrator; one is made up when it is undefined. */
  readonly adminPassword: string | undefined;
}

export interface AuthSide {
  readonly gate: Gate;
  /** What the mode serves besides `/v2`. */
  readonly before: NonNullable<AppParts["before"]>;
  readonly jobs: readonly Job[];
  /** Robots that will end one day, for the metrics. */
  readonly expiringRobots?: () => Promise<readonly Expiring[]>;
  /** Made just now, because nobody could administer. */
  readonly firstAdmin: FirstAdmin | undefined;
  close(): Promise<void>;
}
