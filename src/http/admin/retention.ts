// /retention: which tags and untagged manifests stay and go, and by which rule; what was deleted; and doing it now.
import { z } from "zod";
import { optionalTimeOf, time, timeOf } from "./fields.ts";
import { operation } from "./operation.ts";
import type { PlannedRetention, RetentionStatus } from "./retention-admin.ts";

const count = z.int().min(0);
const repository = z.string().min(1).max(255).describe("Only this one, if a policy is about it.");

const amountSchema = z
  .strictObject({
    repositories: count.describe("That a policy is about, and that were gone through."),
    tags: count.describe("That were deleted."),
    manifests: count.describe("Without a tag, that go by the collector."),
  })
  .meta({ id: "RetainedAmount" });

const statusSchema = z
  .strictObject({
    policies: count.describe("In the configuration."),
    running: z.boolean(),
    startedAt: time.nullable().describe("When the last run began."),
    endedAt: time.nullable().describe("When it ended; null while it goes on."),
    done: amountSchema.describe("By that run."),
    total: amountSchema.describe("By all runs."),
    lastError: z.strictObject({ at: time, message: z.string() }).nullable(),
  })
  .meta({ id: "RetentionStatus" });

const decisionSchema = z
  .strictObject({
    repository: z.string(),
    tag: z.string().nullable().describe("null: a manifest that nothing tags or needs."),
    digest: z.string(),
    action: z.enum(["keep", "delete"]),
    rule: z.string().describe("What keeps it, or the policy none of whose rules does."),
    pushedAt: time.describe("Without a tag: when it was last pushed, or lost a tag."),
    pulledAt: time.nullable(),
  })
  .meta({ id: "RetentionDecision" });

const planSchema = z
  .strictObject({
    repositories: count,
    keep: count.describe("How many tags and untagged manifests stay."),
    delete: count.describe("How many go."),
    decisions: z.array(decisionSchema),
  })
  .meta({ id: "RetentionPlan" });

type Decision = z.output<typeof decisionSchema>;

/** All of a repository, and of as many as fit; `berth retention run --dry-run` names all. */
const maxDecisions = 10_000;

export const getRetention = operation({
  id: "getRetention",
  summary: "Says what the policies of retention did.",
  answer: statusSchema,
  handle: async ({ retention }) => statusAnswer(await retention.status()),
});

export const startRetention = operation({
  id: "startRetention",
  summary: "Applies the policies now, in the background.",
  body: z.strictObject({ repository: repository.optional() }).meta({ id: "NewRetentionRun" }),
  answer: statusSchema,
  change: { action: "retention.run", target: ({ body }) => body.repository ?? "all repositories" },
  handle: async ({ retention }, { body }) => {
    await retention.start(body);
    return statusAnswer(await retention.status());
  },
});

export const planRetention = operation({
  id: "planRetention",
  summary: `Says exactly what a run would do now, and names the rule behind the first ${maxDecisions} decisions.`,
  query: z.object({ repository: repository.optional() }),
  answer: planSchema,
  handle: async ({ retention }, { query }) => {
    const amount = { repositories: 0, keep: 0, delete: 0 };
    const decisions: Decision[] = [];
    for await (const planned of retention.plan(query.repository)) {
      amount.repositories += 1;
      for (const { action } of [...planned.tags, ...planned.untagged]) amount[action] += 1;
      decisions.push(...decisionsOf(planned).slice(0, maxDecisions - decisions.length));
    }
    return { ...amount, decisions };
  },
});

function decisionsOf({ repository: name, tags, untagged }: PlannedRetention): Decision[] {
  return [
    ...tags.map(({ tag, digest, action, rule, pushedAt, pulledAt }) => ({
      ...{ repository: name, tag, digest, action, rule },
      ...{ pushedAt: timeOf(pushedAt), pulledAt: optionalTimeOf(pulledAt) },
    })),
    ...untagged.map(({ digest, action, rule, wantedAt, pulledAt }) => ({
      ...{ repository: name, tag: null, digest, action, rule },
      ...{ pushedAt: timeOf(wantedAt), pulledAt: optionalTimeOf(pulledAt) },
    })),
  ];
}

const nothing = { repositories: 0, tags: 0, manifests: 0 };

function statusAnswer({ policies, running, report }: RetentionStatus): z.output<typeof statusSchema> {
  const { startedAt, endedAt, done = nothing, total = nothing, lastError } = report ?? {};
  return {
    ...{ policies, running, done, total },
    ...{ startedAt: optionalTimeOf(startedAt), endedAt: optionalTimeOf(endedAt) },
    lastError: lastError === undefined ? null : { at: timeOf(lastError.at), message: lastError.message },
  };
}
