// One more composition root: retention without a server, for `berth retention`, also while a server runs on the same data.
import { stat } from "node:fs/promises";
import { AuditTrail } from "../../auth/audit-trail.ts";
import { openMetadataStore } from "../../storage/metadata/open-metadata-store.ts";
import type { Config } from "../config/load-config.ts";
import type { RetentionKeeper } from "../jobs/retention-keeper.ts";
import type { RetentionOptions } from "../jobs/retention-run.ts";
import type { RetentionReport } from "../jobs/retention-report.ts";
import { pause } from "./assemble-collector.ts";
import { openRetention } from "./assemble-retention.ts";

export type { RepositoryPlan } from "../jobs/retention-plan.ts";
export type { RetainedAmount, RetentionReport } from "../jobs/retention-report.ts";
export type { RetentionStatus } from "../jobs/retention-keeper.ts";

export interface RetainOptions extends RetentionOptions {
  readonly signal: AbortSignal;
  /** Told again and again while a run goes on elsewhere, which is waited for. */
  readonly onWait: () => void;
}

export interface RetentionTools {
  readonly keeper: Pick<RetentionKeeper, "plan" | "status">;
  /** Waits for its turn, and applies the policies to the end. @throws the signal's reason when that fires before */
  retain(options: RetainOptions): Promise<RetentionReport>;
  readonly trail: Pick<AuditTrail, "write">;
  close(): Promise<void>;
}

const turnMilliseconds = 250;

/**
 * Opens what exists and makes nothing: a mistyped data directory shall not become a new, empty one.
 * @throws Error with code ENOENT when there is no database yet, and whatever opening the store throws
 */
export async function openRetentionTools(
  config: Config,
  { now }: { readonly now: () => number },
): Promise<RetentionTools> {
  const { path } = config.storage.metadata.sqlite;
  await stat(path);
  const metadata = await openMetadataStore({ kind: "sqlite", path, now });
  // nobody pulls through this process
  const keeper = openRetention(config, { metadata, now, flushPulls: async () => undefined });
  return {
    keeper,
    retain: (options) => retainInTurn(keeper, options),
    // only `write` is used here, and what fails there is thrown
    trail: new AuditTrail({ store: metadata.access.audit, now, onProblem: () => undefined }),
    close: () => metadata.close(),
  };
}

async function retainInTurn(
  keeper: RetentionKeeper,
  { signal, onWait, ...options }: RetainOptions,
): Promise<RetentionReport> {
  for (;;) {
    signal.throwIfAborted();
    const run = await keeper.begin();
    if (run !== undefined) return run.toTheEnd(signal, options);
    onWait();
    await pause(turnMilliseconds, signal);
  }
}
