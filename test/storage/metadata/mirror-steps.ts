// One call of every method of the mirror store, in an order in which each has something to do.
import type { MetadataStore } from "../../../storage/metadata/metadata-store.ts";
import {
  all,
  blobOf,
  digestFor,
  manifestOf,
  needsBlob,
  pushBlob,
} from "../../contracts/metadata-store-fixture.ts";
import {
  cacheBlob,
  cacheImage,
  cacheIndex,
  cacheManifest,
  everything,
  whenever,
} from "../../contracts/mirror-store-fixture.ts";

const here = "docker.io/library/app";

export async function walkThroughMirror(store: MetadataStore): Promise<void> {
  const { content, eviction, tags, fills, pins } = store.mirror;
  const child = await cacheImage(store, here, { name: "child", layers: ["layer", "config"], tags: ["v1"] });
  await cacheIndex(store, here, { name: "index", children: [child], tags: ["all"] });
  await cacheManifest(store, here, "signature", { subject: child });
  await cacheBlob(store, here, blobOf("loose"));
  await cacheManifest(store, "quay.io/app", "image", { references: [needsBlob(digestFor("layer"))] });
  await content.linkBlob({ repository: "quay.io/app", digest: digestFor("layer"), from: all, now: 5 });
  await content.touch([{ repository: here, digest: child }], 2000);
  await tags.find(here, "v1");
  await tags.confirm(here, "v1", child, 3000);
  await tags.confirm(here, "v2", child, 3000);
  await eviction.usage();
  await content.usageByUpstream();
  await eviction.listByPull(everything);
  await content.listManifests(here, { limit: 10 });
  await content.listRepositories({ limit: 10 });
  await content.listRepositories({ limit: 10, upstream: "docker.io" });
  await pushBlob(store, here, blobOf("config", "pushed"));
  await store.manifests.commit(manifestOf(here, "pushed", { references: [needsBlob(digestFor("layer"))] }));
  await eviction.evictManifest({ repository: here, digest: child }, whenever);
  await eviction.evictLooseBlobs({ ...everything, now: 1, dueAt: 1 });
  const fill = { repository: here, digest: child, holder: "a" };
  await fills.claim({ ...fill, path: "/spool", leaseUntil: 5 }, 1);
  await fills.save(here, child, { holder: "a", offset: 1, size: 2, leaseUntil: 5 });
  await fills.find(here, child);
  await fills.bytesUnderWay(1);
  await fills.end(here, child, "a");
  await fills.takeDead(1);
  await pins.add("pattern", 1);
  await pins.list();
  await pins.remove("pattern");
  await store.repositories.isLocal(here, 1);
  await store.access.projects.delete("docker.io", "library");
}
