// One call of every method that retention adds to the store, in an order in which each has something to do.
import type { MetadataStore } from "../../../storage/metadata/metadata-store.ts";
import { push, start } from "../../contracts/garbage-store-fixture.ts";
import { digestFor } from "../../contracts/metadata-store-fixture.ts";

const here = "team/kept";

export async function walkThroughRetention(store: MetadataStore): Promise<void> {
  const { retention } = store;
  await push(store, here, "child");
  await push(store, here, "index", { children: ["child"], tags: ["v1"] });
  await push(store, here, "child", { now: start + 1 });
  await push(store, here, "signature", { tags: [`${digestFor("index").replace(":", "-")}.sig`] });
  await push(store, here, "overwritten", { tags: ["v2"] });
  await push(store, here, "current", { tags: ["v2"] });
  await retention.notePulls([{ repository: here, digest: digestFor("index"), tag: "v1" }], start + 2);
  const { entries } = await retention.listTags(here, { limit: 10 });
  await retention.expireTags(here, entries, { now: start + 3 });
  const { roots } = await retention.listUntagged(here, { limit: 10 });
  await retention.releaseUntagged(here, roots, start + 4);
}
