// `berth retention run`: applies the policies now, or says what that would do, with the rule behind everything.
import type { Command } from "commander";
import type { RepositoryPlan, RetentionTools } from "../../assembly/retention-tools.ts";
import { entryOf } from "../access/with-access.ts";
import { timeOf, type Document } from "../output/document.ts";
import { jsonText } from "../output/json-text.ts";
import { Progress } from "../output/progress.ts";
import { table } from "../output/table.ts";
import { storageSubcommand, type StorageOptions } from "../storage/storage-parts.ts";
import { amountText, withRetention, type RetentionParts } from "./retention-parts.ts";

type Options = StorageOptions & { readonly dryRun?: boolean; readonly repository?: string };

interface Running {
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

const examples = [
  "berth retention run --dry-run           say which tags stay and go, and by which rule; delete nothing",
  "berth retention run                     do exactly that",
  "berth retention run --repository team/app --dry-run --json",
];
const help = `
Works while a server runs, and needs none. A deleted tag can be brought back, and what it alone needed goes by
the collector, after gc.graceSeconds. It may be ended at any moment. Exit code 1: it was ended, or failed.`;

export function retentionRunCommand(parts: RetentionParts): Command {
  return storageSubcommand("run", "apply the policies of the configuration now", examples)
    .option("--dry-run", "say what would be deleted, and delete nothing")
    .option("--repository <name>", "only this one, if a policy is about it")
    .addHelpText("after", help)
    .action(async (options: Options) => {
      const progress = new Progress(parts.terminal);
      await withRetention(parts, options, async (retention, signal) => {
        const running = { signal, progress };
        const isDry = options.dryRun === true;
        const plans = isDry
          ? await planned(retention, options, running)
          : await done(parts, retention, options, running);
        progress.end();
        print(parts, options, plans);
        signal.throwIfAborted();
      }).finally(() => progress.end());
    });
}

async function planned(
  { keeper }: RetentionTools,
  { repository }: Options,
  { signal, progress }: Running,
): Promise<readonly RepositoryPlan[]> {
  const plans: RepositoryPlan[] = [];
  for await (const plan of keeper.plan(repository)) {
    signal.throwIfAborted();
    plans.push(plan);
    progress.show(() => `judged ${plan.repository}, the ${plans.length}. repository`);
  }
  return plans;
}

async function done(
  { terminal }: RetentionParts,
  tools: RetentionTools,
  { repository }: Options,
  { signal, progress }: Running,
): Promise<readonly RepositoryPlan[]> {
  const plans: RepositoryPlan[] = [];
  const report = await tools.retain({
    ...{ repository, signal },
    onWait: () => progress.show(() => "another run goes on; this one waits for its turn"),
    onRepository: (plan) => plans.push(plan),
    onProgress: (soFar) => progress.show(() => `deleted ${amountText(soFar.done)}`),
  });
  const change = { action: "retention.run", target: repository ?? "all repositories" };
  await tools.trail.write(entryOf(terminal, change, "allowed", amountText(report.done)));
  return plans;
}

function print({ terminal }: RetentionParts, options: Options, plans: readonly RepositoryPlan[]): void {
  const decisions = plans.flatMap(documentsOf);
  const count = (action: string) => decisions.filter((one) => one["action"] === action).length;
  const [keep, gone] = [count("keep"), count("delete")];
  if (options.json === true) {
    return terminal.stdout(jsonText({ repositories: plans.length, keep, delete: gone, decisions }));
  }
  const columns = ["repository", "tag", "action", "rule", "pushed", "pulled", "digest"];
  if (decisions.length > 0) terminal.stdout(`${table(columns, decisions.map(rowOf))}\n`);
  const tags = decisions.filter((one) => one["action"] === "delete" && one["tag"] !== undefined).length;
  const amount = { repositories: plans.length, tags, manifests: gone - tags };
  terminal.stdout(
    `${options.dryRun === true ? "would delete" : "deleted"} ${amountText(amount)}; ${keep} stay\n`,
  );
}

/** With the keys of the admin API. */
function documentsOf({ repository, tags, untagged }: RepositoryPlan): Document[] {
  return [
    ...tags.map(({ tag, digest, action, rule, pushedAt, pulledAt }) => ({
      ...{ repository, tag, digest, action, rule },
      ...{ pushedAt: timeOf(pushedAt), pulledAt: timeOf(pulledAt) },
    })),
    ...untagged.map(({ digest, action, rule, wantedAt, pulledAt }) => ({
      ...{ repository, tag: undefined, digest, action, rule },
      ...{ pushedAt: timeOf(wantedAt), pulledAt: timeOf(pulledAt) },
    })),
  ];
}

function rowOf(decision: Document): Document {
  const { pushedAt, pulledAt, tag, ...rest } = decision;
  return { ...rest, tag: tag ?? "(untagged)", pushed: pushedAt, pulled: pulledAt };
}
