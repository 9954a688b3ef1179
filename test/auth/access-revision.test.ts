// When what is remembered about accounts may still be believed.
import { expect, it, onTestFinished } from "vitest";
import { AccessRevision, type AccessRevisionOptions } from "../../auth/access-revision.ts";

async function opened(changes: () => number | undefined, options: AccessRevisionOptions = {}) {
  const store = { at: 1, revision: async () => store.at, changes };
  const revision = await AccessRevision.open(store, { everyMilliseconds: 1_000_000, ...options });
  await revision.refresh();
  onTestFinished(() => revision.close());
  return { store, revision };
}

it("is in doubt when anything was committed, until it is read again", async () => {
  let changes = 7;
  const { store, revision } = await opened(() => changes);
  expect(revision.current).toBe(1);
  [store.at, changes] = [2, 8];
  expect(revision.current).toBeUndefined();
  expect(await revision.refresh()).toBe(2);
  expect(revision.current).toBe(2);
});

it("stays in doubt when something is committed while it is read", async () => {
  let changes = 7;
  const { store, revision } = await opened(() => changes);
  store.revision = async () => {
    changes += 1;
    return 1;
  };
  changes += 1;
  await revision.refresh();
  expect(revision.current).toBeUndefined();
});

it("is read every so often where the store can't tell of commits", async () => {
  const { store, revision } = await opened(() => undefined, { everyMilliseconds: 5 });
  store.at = 2;
  await expect.poll(() => revision.current).toBe(2);
});

it("is in doubt when it could not be read for too long", async () => {
  let now = 0;
  const { revision } = await opened(() => undefined, { clock: () => now });
  now = 4000;
  expect(revision.current).toBe(1);
  now = 4001;
  expect(revision.current).toBeUndefined();
});
