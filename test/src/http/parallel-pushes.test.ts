// REQ-15: many clients pushing the same thing at once all succeed, and it is stored once.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DiscardedObjects } from "../../../src/jobs/discarded-objects.ts";
import { openBlobStore } from "../../../storage/blobs/open-blob-store.ts";
import { openMetadataStore } from "../../../storage/metadata/open-metadata-store.ts";
import { artifact, digestOf, emptyJson, imageManifest, randomBlob } from "../../support/images.ts";
import { testRegistry, type TestRegistry } from "../../support/test-registry.ts";

async function storedFiles(registry: TestRegistry): Promise<string[]> {
  const names = await readdir(join(registry.dataDirectory, "blobs", "blobs"), {
    recursive: true,
    withFileTypes: true,
  });
  return names.filter((entry) => entry.isFile()).map(({ name }) => name);
}

/** Lets the job that removes superseded bytes run to its end. */
async function removeDiscarded(registry: TestRegistry): Promise<void> {
  const metadata = await openMetadataStore({
    kind: "sqlite",
    path: join(registry.dataDirectory, "berth.sqlite"),
  });
  const blobStore = await openBlobStore({
    kind: "filesystem",
    directory: join(registry.dataDirectory, "blobs"),
  });
  await new DiscardedObjects({ blobStore, metadata, everySeconds: 1, now: () => Date.now() + 3_600_000 }).run(
    new AbortController().signal,
  );
  await metadata.close();
}

describe("one digest pushed fifty times at once over ten repositories", () => {
  it.each([
    [
      "POST and PUT",
      async ({ client }: TestRegistry, repository: string, content: Buffer) => {
        const session = await client.startUpload(repository);
        return client.send("PUT", `${session}?digest=${digestOf(content)}`, { body: content });
      },
    ],
    [
      "POST, PATCH and PUT",
      async ({ client }: TestRegistry, repository: string, content: Buffer) => {
        const session = await client.startUpload(repository);
        await client.send("PATCH", session, { body: content, chunked: true });
        return client.send("PUT", `${session}?digest=${digestOf(content)}`);
      },
    ],
    [
      "one POST",
      async ({ client }: TestRegistry, repository: string, content: Buffer) =>
        client.send("POST", `/v2/${repository}/blobs/uploads/?digest=${digestOf(content)}`, {
          body: content,
        }),
    ],
  ])("by %s gives 201 fifty times and one stored object", async (_, push) => {
    const registry = await testRegistry();
    const content = randomBlob(100_000);
    const digest = digestOf(content);
    const repositories = Array.from({ length: 50 }, (_, n) => `parallel/r${n % 10}`);
    const answers = await Promise.all(repositories.map((repository) => push(registry, repository, content)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 201));
    for (const repository of new Set(repositories)) {
      const blob = await registry.client.send("GET", `/v2/${repository}/blobs/${digest}`);
      expect([blob.status, blob.body.equals(content)]).toEqual([200, true]);
    }
    await removeDiscarded(registry);
    expect(await storedFiles(registry)).toHaveLength(1);
    expect(await readdir(join(registry.dataDirectory, "blobs", "uploads"))).toEqual([]);
    const after = await registry.client.send("GET", `/v2/parallel/r0/blobs/${digest}`);
    expect(after.body.equals(content)).toBe(true);
  });
});

describe("manifests pushed at once", () => {
  it("all succeed when they are the same", async () => {
    const { client } = await testRegistry();
    const [config, layer] = [randomBlob(), randomBlob()];
    for (const blob of [config, layer]) await client.pushBlob("parallel/same", blob);
    const manifest = imageManifest(config, [layer]);
    const references = Array.from({ length: 40 }, (_, n) => (n % 2 === 0 ? "v1" : manifest.digest));
    const answers = await Promise.all(
      references.map((reference) => client.putManifest("parallel/same", reference, manifest)),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    const list = await client.send("GET", "/v2/parallel/same/tags/list");
    expect(JSON.parse(list.body.toString())).toEqual({ name: "parallel/same", tags: ["v1"] });
  });

  it("move a tag without a failure; it ends at one of them, and readers see it at every moment", async () => {
    const { client } = await testRegistry();
    await client.pushBlob("parallel/move", emptyJson);
    const manifests = Array.from({ length: 30 }, (_, n) =>
      artifact(`application/vnd.example.n${n}`, undefined),
    );
    await client.pushManifest("parallel/move", "v1", manifests[0]!);
    const digests = new Set(manifests.map(({ digest }) => digest));
    const state = { moving: true };
    const reading = (async () => {
      let reads = 0;
      for (; state.moving; reads++) {
        const answer = await client.send("GET", "/v2/parallel/move/manifests/v1");
        expect([answer.status, digestOf(answer.body)]).toEqual([
          200,
          answer.headers["docker-content-digest"],
        ]);
      }
      return reads;
    })();
    const answers = await Promise.all(
      manifests.map((manifest) => client.putManifest("parallel/move", "v1", manifest)),
    );
    state.moving = false;
    expect(await reading).toBeGreaterThan(0);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    const last = await client.send("HEAD", "/v2/parallel/move/manifests/v1");
    expect(digests.has(String(last.headers["docker-content-digest"]))).toBe(true);
  });

  it("that refer to one subject are all listed", async () => {
    const { client } = await testRegistry();
    await client.pushBlob("parallel/refs", emptyJson);
    const subject = {
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      digest: digestOf("s"),
      size: 1,
    };
    const manifests = Array.from({ length: 30 }, (_, n) =>
      artifact(`application/vnd.example.n${n}`, subject),
    );
    await Promise.all(
      manifests.map((manifest) => client.pushManifest("parallel/refs", manifest.digest, manifest)),
    );
    const answer = await client.send("GET", `/v2/parallel/refs/referrers/${subject.digest}`);
    const { manifests: listed } = JSON.parse(answer.body.toString()) as { manifests: { digest: string }[] };
    expect(listed.map(({ digest }) => digest)).toEqual(manifests.map(({ digest }) => digest).toSorted());
  });
});
