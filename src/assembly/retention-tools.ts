// One more composition root: retention without a server, for `berth retention`, also while a server runs on the same data.
import type { Config } from "../config/load-config.ts";
import type { RetentionKeeper } from "../jobs/retention-keeper.ts";
import type { RetentionOptions } from "../jobs/retention-run.ts";
import type { RetentionReport } from "../jobs/retention-report.ts";
import { openRetention } from "./assemble-retention.ts";
import { inTurn, onExistingData, type OnExistingData, type Waiting } from "./on-existing-data.ts";

export type { RepositoryPlan } from "../jobs/retention-plan.ts";
export type { RetainedAmount, RetentionReport } from "../jobs/retention-report.ts";
export type { RetentionStatus } from "../jobs/retention-keeper.ts";

export type RetainOptions = RetentionOptions & Waiting;

export interface RetentionTools extends OnExistingData {
  readonly keeper: Pick<RetentionKeeper, "plan" | "status">;
  /** Waits for its turn, and applies the policies to the end. @throws the signal's reason when that fires before */
  retain(options: RetainOptions): Promise<RetentionReport>;
}

/** @throws as onExistingData */
export function openRetentionTools(
  config: Config,
  { now }: { readonly now: () => number },
): Promise<RetentionTools> {
  return onExistingData(config, { now }, async (metadata) => {
    // nobody pulls through this process
    const keeper = openRetention(config, { metadata, now, flushPulls: async () => undefined });
    const retain: RetentionTools["retain"] = async ({ signal, onWait, ...options }) => {
      const run = await inTurn(() => keeper.begin(), { signal, onWait });
      return run.toTheEnd(signal, options);
    };
    return { tools: { keeper, retain } };
  });
}
