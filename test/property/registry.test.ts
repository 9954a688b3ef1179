// Random sequences of everything that changes a registry, against a model of a hundred lines.
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { digestOf } from "../support/images.ts";
import { jsonOf } from "../support/oci-answer.ts";
import { RegistryClient } from "../support/registry-client.ts";
import { serveParts, type ServedParts } from "../support/serve-parts.ts";
import { blobs, manifests, RegistryModel, type KnownManifest } from "./registry-model.ts";

let served: ServedParts;
let client: RegistryClient;
beforeAll(async () => {
  served = await serveParts();
  client = new RegistryClient(served.url);
});
afterAll(async () => {
  client.close();
  await served.close();
});

interface World {
  readonly model: RegistryModel;
  /** Each run has repositories of its own, a blob's bytes of its own, and so a registry of its own. */
  readonly at: (repository: string) => string;
}

type Step = (world: World) => Promise<void>;

const repository = fc.constantFrom("a", "a/b", "c");
const blob = fc.constantFrom(...blobs);
const manifest = fc.constantFrom(...manifests);
const tag = fc.constantFrom("t1", "t2", "t3");
const status = async (method: string, path: string) => (await client.send(method, path)).status;

const steps: fc.Arbitrary<{ toString: () => string; run: Step }>[] = [
  named("push blob", fc.tuple(repository, blob), async ({ model, at }, [r, content]) => {
    const path = `/v2/${at(r)}/blobs/uploads/?digest=${digestOf(content)}`;
    expect((await client.send("POST", path, { body: content })).status).toBe(
      model.pushBlob(r, digestOf(content)),
    );
  }),
  named("mount", fc.tuple(repository, blob, repository), async ({ model, at }, [r, content, from]) => {
    const digest = digestOf(content);
    const path = `/v2/${at(r)}/blobs/uploads/?mount=${digest}&from=${at(from)}`;
    expect(await status("POST", path)).toBe(model.mount(r, digest, from));
  }),
  named(
    "put manifest",
    fc.tuple(repository, manifest, fc.option(tag, { nil: undefined }), fc.boolean()),
    putManifest,
  ),
  named("delete tag", fc.tuple(repository, tag), async ({ model, at }, [r, name]) => {
    expect(await status("DELETE", `/v2/${at(r)}/manifests/${name}`)).toBe(model.deleteTag(r, name));
  }),
  named("delete manifest", fc.tuple(repository, manifest), async ({ model, at }, [r, { digest }]) => {
    expect(await status("DELETE", `/v2/${at(r)}/manifests/${digest}`)).toBe(model.deleteManifest(r, digest));
  }),
  named("delete blob", fc.tuple(repository, blob), async ({ model, at }, [r, content]) => {
    const digest = digestOf(content);
    expect(await status("DELETE", `/v2/${at(r)}/blobs/${digest}`)).toBe(model.deleteBlob(r, digest));
  }),
];

async function putManifest(
  { model, at }: World,
  [r, known, name, onlyNew]: [string, KnownManifest, string | undefined, boolean],
): Promise<void> {
  const headers = onlyNew ? { "if-none-match": "*" } : {};
  const answer = await client.putManifest(at(r), name ?? known.digest, known, { headers });
  const expected = model.putManifest(r, known, name, onlyNew);
  if (typeof expected === "number") {
    expect(answer.status).toBe(expected);
    return;
  }
  expect(answer.status).toBe(404);
  expect(jsonOf(answer)).toMatchObject({
    errors: [{ code: "MANIFEST_BLOB_UNKNOWN", detail: { missing: expected } }],
  });
}

function named<T>(name: string, what: fc.Arbitrary<T>, run: (world: World, value: T) => Promise<void>) {
  return what.map((value) => ({
    toString: () => `${name} ${fc.stringify(value)}`,
    run: (world: World) => run(world, value),
  }));
}

/** All that can be seen of the registry is what the model says. */
async function expectSame({ model, at }: World, prefix: string): Promise<void> {
  const catalog = (await client.pages("/v2/_catalog")) as { repositories: string[] }[];
  const ours = catalog.flatMap((page) => page.repositories).filter((name) => name.startsWith(prefix));
  expect(ours).toEqual(model.catalog().map(at));
  for (const [name, content] of model.repositories) {
    const tags = await client.send("GET", `/v2/${at(name)}/tags/list`);
    const expected = model.tags(name);
    expect(tags.status === 404 ? undefined : (jsonOf(tags) as { tags: string[] }).tags).toEqual(expected);
    for (const [tagName, digest] of content.tags) {
      const answer = await client.send("GET", `/v2/${at(name)}/manifests/${tagName}`);
      expect(digestOf(answer.body)).toBe(digest);
    }
    for (const { digest } of manifests) {
      const found = await status("HEAD", `/v2/${at(name)}/manifests/${digest}`);
      expect(found).toBe(content.manifests.has(digest) ? 200 : 404);
    }
    for (const digest of blobs.map((bytes) => digestOf(bytes))) {
      const answer = await client.send("GET", `/v2/${at(name)}/blobs/${digest}`);
      expect(answer.status).toBe(content.blobs.has(digest) ? 200 : 404);
      if (answer.status === 200) expect(digestOf(answer.body)).toBe(digest);
    }
    const subject = manifests[0]!.digest;
    const referrers = jsonOf(await client.send("GET", `/v2/${at(name)}/referrers/${subject}`)) as {
      manifests: { digest: string }[];
    };
    expect(referrers.manifests.map(({ digest }) => digest)).toEqual(model.referrers(name, subject));
  }
}

describe("the registry", () => {
  it("does what the model says, whatever is done to it", async () => {
    let run = 0;
    const sequence = fc.array(fc.oneof(...steps), { minLength: 10, maxLength: 80, size: "max" });
    await fc.assert(
      fc.asyncProperty(sequence, async (all) => {
        const prefix = `run${run++}/`;
        const world: World = { model: new RegistryModel(["a", "a/b", "c"]), at: (name) => prefix + name };
        // A full first repository, so that short sequences reach deletes that are refused.
        for (const content of blobs) await client.pushBlob(world.at("a"), content);
        for (const content of blobs) world.model.pushBlob("a", digestOf(content));
        for (const known of manifests) await putManifest(world, ["a", known, undefined, false]);
        for (const step of all) await step.run(world);
        await expectSame(world, prefix);
      }),
      { numRuns: 60 },
    );
  });
});
