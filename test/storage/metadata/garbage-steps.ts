// One call of every method that collection adds to the store, in an order in which each has something to do.
import type { MetadataStore } from "../../../storage/metadata/metadata-store.ts";
import { collect, grace, planOf, push, start } from "../../contracts/garbage-store-fixture.ts";
import { blobOf, digestFor, pushBlob } from "../../contracts/metadata-store-fixture.ts";

const here = "team/app";
const due = start + grace;

export async function walkThroughGarbage(store: MetadataStore): Promise<void> {
  const { garbage, objectLeases, usage } = store;
  await push(store, here, "child", { layers: ["layer", "config"] });
  await push(store, here, "signature", { subject: "child" });
  await push(store, here, "index", { children: ["child"], tags: ["v1"] });
  await push(store, here, "overwritten");
  await pushBlob(store, here, blobOf("loose"), start);
  await usage.ofRepository(here);
  await usage.ofProject("team");
  await askAboutQuotas(store);
  await garbage.release(here, [digestFor("overwritten")], start);
  await store.tags.delete(here, "v1", start);
  const touched = ["layer", "signature"].map((content) => ({ repository: here, digest: digestFor(content) }));
  await garbage.touch(touched, { now: start + 1, unlessSince: start + 1 });
  for (let after: string | undefined, more = true; more;) {
    const done = await garbage.relook({ after, limit: 100, now: start, dueAt: due });
    [after, more] = [done.next, done.next !== undefined];
  }
  await garbage.pending({ graceMilliseconds: grace, limit: 1000 });
  await planOf(store, due);
  await collect(store, due + 1);
  const [locator] = await store.discardedObjects.list(due + 1000, 1);
  if (locator === undefined) throw new Error("nothing was collected");
  await objectLeases.take([locator], "reader", due + 5000, due);
  await store.discardedObjects.list(due + 1000, 10);
  await objectLeases.release([locator], "reader");
}

async function askAboutQuotas({ access, usage }: MetadataStore): Promise<void> {
  await access.projects.create({
    id: "team",
    name: "team",
    description: "",
    public: false,
    createdAt: start,
  });
  await access.projects.change("team", { maxBytes: 1 });
  for (const kind of ["blob", "manifest"] as const)
    await usage.findBreach({ repository: here, kind, digest: digestFor("child"), bytes: 1 });
  await usage.leaving("team", 1000);
  await access.projects.change("team", { maxBytes: null });
}
