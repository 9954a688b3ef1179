// A quota holds to the byte, however many push at once and through however many processes.
import { join } from "node:path";
import { expect, test } from "vitest";
import { openMetadataStore } from "../../../../storage/metadata/open-metadata-store.ts";
import { blobOf, manifestOf, needsBlob, pushBlob } from "../../../contracts/metadata-store-fixture.ts";
import { scratchDirectory } from "../../../support/scratch-directory.ts";

test("of two hundred pushes through two stores exactly those get in that fit", async () => {
  const path = join(await scratchDirectory(), "berth.sqlite");
  const stores = [
    await openMetadataStore({ kind: "sqlite", path }),
    await openMetadataStore({ kind: "sqlite", path }),
  ];
  const [first] = stores;
  const project = { id: "1", name: "team", description: "", public: false, createdAt: 0 };
  await first!.access.projects.create(project);
  await first!.access.projects.change("team", { maxBytes: 1005 });
  const pushes = Array.from({ length: 200 }, (_, n) => {
    // ten bytes each; every second one is in two repositories, and counts once
    const blob = { ...blobOf(`layer ${Math.floor(n / 2)}`, String(n)), size: 10 };
    return pushBlob(stores[n % 2]!, `team/${n % 4}`, blob, 1000, {});
  });
  const outcomes = await Promise.all(pushes);
  expect((await first!.usage.ofProject("team")).blobBytes).toBe(1000);
  expect(outcomes.filter((done) => done)).toHaveLength(200);
  const more = { ...blobOf("one more"), size: 6 };
  expect(await pushBlob(first!, "team/9", more, 1000, {})).toBe(false);
  const waiting = await first!.discardedObjects.list(Number.MAX_SAFE_INTEGER, 1000);
  expect(waiting).toContain(more.locator);
  const image = manifestOf("team/0", "123456", {
    references: [needsBlob(blobOf("layer 0").digest)],
    quota: {},
  });
  expect(await first!.manifests.commit(image)).toEqual({
    outcome: "over-quota",
    breach: { project: "team", maxBytes: 1005, usedBytes: 1000, neededBytes: 6 },
  });
  const races = stores.flatMap((store) =>
    ["a", "b", "c"].map((name) =>
      store.manifests.commit(manifestOf(`team/${name}`, `just${name}`, { quota: {} })),
    ),
  );
  const committed = (await Promise.all(races)).filter(({ outcome }) => outcome === "committed");
  expect(await first!.usage.ofProject("team")).toEqual({ blobBytes: 1000, manifestBytes: 5 });
  expect(committed.length).toBeGreaterThanOrEqual(1);
  expect(committed.length).toBeLessThanOrEqual(2);
  for (const store of stores) await store.close();
});
