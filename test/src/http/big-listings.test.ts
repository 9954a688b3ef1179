// Big answers and big manifests on one event loop: others are answered meanwhile, and pages join without gap (REQ-28).
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openMetadataStore } from "../../../storage/metadata/open-metadata-store.ts";
import type { ManifestCommit } from "../../../storage/metadata/metadata-store.ts";
import type { Digest } from "../../../storage/digest.ts";
import { describeManifest, digestOf, imageIndex, manifestFrom, mediaTypes } from "../../support/images.ts";
import { testRegistry, type TestRegistry } from "../../support/test-registry.ts";

/** Stores manifests by the store's own commands, many of which share a transaction. */
async function commitAll(registry: TestRegistry, commits: readonly ManifestCommit[]): Promise<void> {
  const metadata = await openMetadataStore({
    kind: "sqlite",
    path: join(registry.dataDirectory, "berth.sqlite"),
  });
  for (let at = 0; at < commits.length; at += 2000) {
    await Promise.all(commits.slice(at, at + 2000).map((commit) => metadata.manifests.commit(commit)));
  }
  await metadata.close();
}

const index = imageIndex([]);
const commitOf = (repository: string, manifest = index, tags: readonly string[] = []): ManifestCommit => ({
  repository,
  digest: manifest.digest as Digest,
  mediaType: manifest.mediaType,
  bytes: manifest.bytes,
  references: [],
  referencePolicy: "required",
  tags,
  now: 1,
});

/** Counts how often a small request is answered while `work` goes on. */
async function answeredDuring(registry: TestRegistry, work: Promise<unknown>): Promise<number> {
  const state = { running: true };
  const done = work.finally(() => (state.running = false));
  let answered = 0;
  for (; state.running; answered++) expect((await registry.client.send("GET", "/v2/")).status).toBe(200);
  await done;
  return answered;
}

describe("100,000 tags", () => {
  it("are walked by Link in pages of 1000, each once and in order", async () => {
    const registry = await testRegistry();
    const tags = Array.from({ length: 100_000 }, (_, n) => `t${(n * 7919) % 100_000}`);
    const commits = Array.from({ length: 100 }, (_, n) =>
      commitOf("big/tags", index, tags.slice(n * 1000, n * 1000 + 1000)),
    );
    await commitAll(registry, commits);
    const walk = registry.client.pages("/v2/big/tags/tags/list?n=5000") as Promise<{ tags: string[] }[]>;
    expect(await answeredDuring(registry, walk)).toBeGreaterThan(20);
    const pages = await walk;
    expect(pages).toHaveLength(100);
    expect(pages.flatMap((page) => page.tags)).toEqual(tags.toSorted());
  });
});

describe("20,000 repositories", () => {
  it("are walked by Link, each once and in order", async () => {
    const registry = await testRegistry();
    const names = Array.from({ length: 20_000 }, (_, n) => `big/r${(n * 7919) % 20_000}`);
    await commitAll(
      registry,
      names.map((name) => commitOf(name)),
    );
    const pages = (await registry.client.pages("/v2/_catalog")) as { repositories: string[] }[];
    expect(pages).toHaveLength(20);
    expect(pages.flatMap((page) => page.repositories)).toEqual(names.toSorted());
  });
});

describe("an index of almost 4 MiB with 20,000 entries", () => {
  it("is pushed, pulled, listed and deleted while others are answered", async () => {
    const registry = await testRegistry();
    const children = Array.from({ length: 20_000 }, (_, n) =>
      manifestFrom({ schemaVersion: 2, manifests: [], annotations: { n: String(n) } }, mediaTypes.index),
    );
    await commitAll(
      registry,
      children.map((child) => commitOf("big/index", child)),
    );
    const entries = children.map((child) => ({
      ...describeManifest(child),
      platform: { os: "linux", architecture: "amd64" },
    }));
    const big = imageIndex(entries);
    expect(big.bytes.length).toBeGreaterThan(3.5 * 1024 * 1024);
    const push = registry.client.pushManifest("big/index", "v1", big);
    expect(await answeredDuring(registry, push)).toBeGreaterThan(1);
    const pull = registry.client.send("GET", "/v2/big/index/manifests/v1");
    expect(await answeredDuring(registry, pull)).toBeGreaterThan(0);
    expect(digestOf((await pull).body)).toBe(big.digest);
    expect(
      (await registry.client.send("DELETE", `/v2/big/index/manifests/${children[19_999]!.digest}`)).status,
    ).toBe(405);
    const removal = registry.client.send("DELETE", `/v2/big/index/manifests/${big.digest}`);
    expect(await answeredDuring(registry, removal)).toBeGreaterThan(1);
    expect((await removal).status).toBe(202);
    expect(
      (await registry.client.send("DELETE", `/v2/big/index/manifests/${children[0]!.digest}`)).status,
    ).toBe(202);
  });
});
