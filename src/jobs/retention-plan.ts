// Which tags and untagged manifests of each repository stay and go, as things are: what a dry run shows, and what a run
// does. Reads page by page; a page is judged with all others of its repository.
import { setImmediate as nextTurn } from "node:timers/promises";
import type { MetadataStore } from "../../storage/metadata/metadata-store.ts";
import type { PushedTag, UntaggedRoot } from "../../storage/metadata/retention-store.ts";
import type {
  Exemptions,
  Retention,
  RepositoryJudge,
  TagDecision,
  UntaggedDecision,
} from "../policies/retention.ts";
import type { InTurns } from "../policies/turns.ts";

export interface PlanParts {
  readonly metadata: Pick<MetadataStore, "retention" | "repositories">;
  readonly retention: Retention;
  /** Asked for each repository, and before each step that deletes: a pin may be set at any time. */
  readonly exemptions: () => Promise<Exemptions>;
  /** Writes what this process knows of pulls. */
  readonly flushPulls: () => Promise<void>;
}

export interface RepositoryPlan {
  readonly repository: string;
  /** By tag. */
  readonly tags: readonly TagDecision[];
  /** By digest. */
  readonly untagged: readonly UntaggedDecision[];
}

export interface PlanOptions {
  /** The moment that all is judged by. */
  readonly now: number;
  /** Only this one, if a policy is about it. */
  readonly repository?: string | undefined;
  /** Begins behind this one. */
  readonly after?: string | undefined;
  /** Told which repository is to be judged. */
  readonly onBegin?: (repository: string) => void;
  /** Called after each page, with the number of rows that were looked at. */
  readonly pace?: (rows: number) => Promise<void>;
  /** Ends the plan before the next repository. */
  readonly signal?: AbortSignal;
}

/** Reading so many takes some milliseconds, in which nobody else has a turn. */
const pageRows = 200;
/**
 * A pull within five minutes of the last one is not noted again (pull-notes.ts), and other processes write theirs after
 * some seconds: what may have been pulled in that time counts as pulled.
 */
export const pullSlackMilliseconds = 600_000;

/** The repositories that a policy is about, by name, each judged when its turn comes. */
export async function* planRetention(parts: PlanParts, options: PlanOptions): AsyncGenerator<RepositoryPlan> {
  for await (const repository of repositoriesOf(parts, options)) {
    const judge = parts.retention(repository);
    if (judge === undefined) continue;
    options.onBegin?.(repository);
    const plan = await planOne(parts, { ...options, repository }, judge);
    if (options.signal?.aborted === true) return;
    yield plan;
  }
}

async function* repositoriesOf(
  { metadata }: PlanParts,
  { repository, after: begin }: PlanOptions,
): AsyncGenerator<string> {
  if (repository !== undefined) {
    yield repository;
    return;
  }
  for (let after = begin, more = true; more;) {
    const visibility = { kind: "all" } as const;
    const page = await metadata.repositories.list({
      ...{ visibility, limit: pageRows },
      ...(after !== undefined && { after }),
    });
    yield* page.entries;
    await nextTurn();
    [after, more] = [page.entries.at(-1), page.more];
  }
}

async function planOne(
  parts: PlanParts,
  { repository, now, pace, signal }: PlanOptions & { readonly repository: string },
  judge: RepositoryJudge,
): Promise<RepositoryPlan> {
  await parts.flushPulls();
  const { retention } = parts.metadata;
  const moment = { now, pullSlackMilliseconds };
  const tags: PushedTag[] = [];
  for (let after: string | undefined, more = judge.judgesTags; more && signal?.aborted !== true;) {
    const page = await retention.listTags(repository, { limit: pageRows, ...(after && { after }) });
    tags.push(...page.entries);
    [after, more] = [page.entries.at(-1)?.tag, page.more];
    await nextTurn();
    await pace?.(page.entries.length);
  }
  const roots: UntaggedRoot[] = [];
  for (let after: string | undefined, more = judge.judgesUntagged; more && signal?.aborted !== true;) {
    const page = await retention.listUntagged(repository, { limit: pageRows, ...(after && { after }) });
    roots.push(...page.roots);
    [after, more] = [page.next, page.next !== undefined];
    await nextTurn();
    await pace?.(page.looked);
  }
  const exemptions = await parts.exemptions();
  return {
    repository,
    tags: await toTheEnd(judge.tags(tags, exemptions, moment)),
    untagged: await toTheEnd(judge.untagged(roots, exemptions, moment)),
  };
}

/** Others have their turn between any two pieces. */
async function toTheEnd<T>(work: InTurns<T>): Promise<T> {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
    await nextTurn();
  }
}
