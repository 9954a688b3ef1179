// One call of every method of the history of tags, in an order in which each has something to do.
import type { MetadataStore } from "../../../storage/metadata/metadata-store.ts";
import { digestFor, manifestOf } from "../../contracts/metadata-store-fixture.ts";

const repository = "team/history";
const manyYears = 1e12;

export async function walkThroughTagHistory({ manifests, tags, tagHistory }: MetadataStore): Promise<void> {
  const isImmutable = (tag: string) => tag === "fixed";
  await manifests.commit(manifestOf(repository, "one", { tags: ["v1", "fixed"], isImmutable }));
  await manifests.commit(manifestOf(repository, "two", { tags: ["v1"] }));
  await manifests.commit(manifestOf(repository, "two", { tags: ["fixed"], isImmutable }));
  await manifests.delete(repository, digestFor("one"), 1000, { isImmutable });
  await tags.delete(repository, "v1", 1000);
  await tagHistory.restore({ repository, tag: "v1", isImmutable: false, now: 1000 });
  await tags.delete(repository, "v1", manyYears);
  await tags.delete(repository, "fixed", manyYears);
  await tagHistory.list(repository, "v1", { limit: 10 });
  await tagHistory.listRemoved(repository, { limit: 10 });
}
