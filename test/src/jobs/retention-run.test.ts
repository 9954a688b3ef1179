// How a run of retention goes on and ends: its lease at any rate, a process that dies, one that was stopped for too long,
// a repository that fails, and a pin that is set while it deletes.
import { beforeEach, expect, test } from "vitest";
import { RetentionKeeper, type RetentionKeeperParts } from "../../../src/jobs/retention-keeper.ts";
import type { RepositoryPlan } from "../../../src/jobs/retention-plan.ts";
import { retentionBy } from "../../../src/policies/retention.ts";
import { pinnedBy } from "../../../src/pull-through/keeping/pinned-images.ts";
import type { MetadataStore } from "../../../storage/metadata/metadata-store.ts";
import { openMetadataStore } from "../../../storage/metadata/open-metadata-store.ts";
import { manifestOf, tagsOf } from "../../contracts/metadata-store-fixture.ts";

const policy = {
  name: "apps",
  repositories: ["team/*"],
  rules: [{ name: "newest", tags: ["*"], except: [], keep: { kind: "newest", count: 1 } as const }],
  deleteUntaggedAfterMilliseconds: undefined,
};

let store: MetadataStore;
let clock: { now: number };
let ids: number;
let pins: string[];
beforeEach(async () => {
  store = await openMetadataStore({ kind: "sqlite", path: ":memory:" });
  [clock, ids, pins] = [{ now: 1_800_000_000_000 }, 0, []];
});

const never = new AbortController().signal;
/** Lets the time pass without waiting for it. */
const passing = async (milliseconds: number): Promise<void> => {
  clock.now += milliseconds;
};

function keeperWith(parts: Partial<RetentionKeeperParts> = {}): RetentionKeeper {
  return new RetentionKeeper({
    ...{ metadata: store, everySeconds: 60, policies: 1, rowsPerSecond: 1000, pause: passing },
    ...{ now: () => clock.now, newId: () => `run ${ids++}`, flushPulls: async () => undefined },
    retention: retentionBy([policy]),
    exemptions: async () => ({ immutable: () => undefined, pinned: pinnedBy(pins) }),
    ...parts,
  });
}

async function pushTags(repository: string, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    const tag = `t${String(n).padStart(4, "0")}`;
    await store.manifests.commit(manifestOf(repository, `${repository} ${n}`, { tags: [tag], now: n }));
  }
}

const countOf = async (repository: string): Promise<number> => (await tagsOf(store, repository)).length;

/** Begins a run that comes to its `pauses`th pause and is never heard of again. */
async function killAtPause(pauses: number): Promise<void> {
  await new Promise<void>((resolve) => {
    let left = pauses;
    const pause = (milliseconds: number): Promise<void> => {
      left -= 1;
      if (left > 0) return passing(milliseconds);
      resolve();
      return new Promise(() => undefined);
    };
    void keeperWith({ pause, rowsPerSecond: 1 }).run(never);
  });
  clock.now += 60_000;
}

test("the lease is kept at any rate", async () => {
  await pushTags("team/a", 120);
  const others: boolean[] = [];
  const pause = async (milliseconds: number): Promise<void> => {
    clock.now += milliseconds;
    others.push((await keeperWith().begin()) !== undefined);
  };
  await keeperWith({ pause, rowsPerSecond: 1 }).run(never);
  expect(others.length).toBeGreaterThan(2);
  expect(others).not.toContain(true);
  expect(await countOf("team/a")).toBe(1);
});

test("what a killed run was through with waits for the others, also when the run after it is killed at once", async () => {
  for (const name of ["team/a", "team/b", "team/c"]) await pushTags(name, 20);
  // about four seconds a step of a repository and as many to list it: it dies deep in team/b
  await killAtPause(14);
  expect(await countOf("team/a")).toBe(1);
  await pushTags("team/a", 20);
  await killAtPause(2);
  const done: string[] = [];
  const run = await keeperWith().begin();
  const onRepository = ({ repository }: RepositoryPlan): number => done.push(repository);
  await run?.toTheEnd(never, { resume: true, onRepository });
  expect(done).toEqual(["team/b", "team/c"]);
  await keeperWith().run(never);
  for (const name of ["team/a", "team/b", "team/c"]) expect(await countOf(name)).toBe(1);
});

test("a run whose lease another took meanwhile ends with an error, and deletes nothing more", async () => {
  await pushTags("team/a", 250);
  let pauses = 0;
  const pause = async (milliseconds: number): Promise<void> => {
    clock.now += milliseconds;
    pauses += 1;
    if (pauses !== 2) return;
    clock.now += 60_000;
    await keeperWith().begin();
  };
  await expect(keeperWith({ pause }).run(never)).rejects.toThrow(/another run/);
  expect(await countOf("team/a")).toBeGreaterThan(100);
  expect(await keeperWith().status()).toMatchObject({ running: true });
});

test("a run that is ended in a repository tells what it deleted there, and that the rest stays", async () => {
  await pushTags("team/a", 250);
  const stop = new AbortController();
  const done: RepositoryPlan[] = [];
  let deleted = 0;
  const onRetained = ({ tags = 0 }): void => {
    deleted += tags;
    if (tags > 0) stop.abort();
  };
  const run = await keeperWith({ onRetained }).begin();
  await run?.toTheEnd(stop.signal, { onRepository: (plan) => done.push(plan) });
  const told = done.flatMap(({ tags }) => tags);
  expect(told.filter(({ action }) => action === "delete")).toHaveLength(deleted);
  expect(told.filter(({ rule }) => rule === "ended")).toHaveLength(149);
  expect(await countOf("team/a")).toBe(150);
});

test("a repository that fails is named, and the next run goes on behind it", async () => {
  for (const name of ["team/a", "team/b", "team/c"]) await pushTags(name, 3);
  const retention: typeof store.retention = {
    ...store.retention,
    listTags: async (repository, page) => {
      if (repository === "team/b") throw new Error("unreadable");
      return store.retention.listTags(repository, page);
    },
  };
  const keeper = keeperWith({ metadata: { ...store, retention } });
  await expect(keeper.run(never)).rejects.toThrow("unreadable");
  expect((await keeper.status()).report?.lastError?.message).toBe("team/b: unreadable");
  await keeper.run(never);
  expect([await countOf("team/a"), await countOf("team/b"), await countOf("team/c")]).toEqual([1, 3, 1]);
});

test("a pin that is set while a run deletes keeps what it fits", async () => {
  await pushTags("team/a", 250);
  const pause = async (): Promise<void> => void (pins = ["team/a:t0240"]);
  const run = await keeperWith({ pause }).begin();
  pins = [];
  await run?.toTheEnd(never);
  expect(await tagsOf(store, "team/a")).toEqual(["t0240", "t0249"]);
  pins = [];
  await pushTags("team/b", 250);
  const late = await keeperWith({
    onRetained: ({ tags = 0 }) => {
      if (tags > 0) pins = ["team/b:t0240"];
    },
  }).begin();
  await late?.toTheEnd(never);
  expect(await tagsOf(store, "team/b")).toEqual(["t0240", "t0249"]);
});
