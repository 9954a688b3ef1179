// Immutable tags as clients meet them: what is answered, and that nothing changed (REQ-58).
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { immutableTagsBy } from "../../../src/policies/immutable-tags.ts";
import { openMetadataStore } from "../../../storage/metadata/open-metadata-store.ts";
import { openBlobStore } from "../../../storage/blobs/open-blob-store.ts";
import { scratchDirectory } from "../../support/scratch-directory.ts";
import { serveParts } from "../../support/serve-parts.ts";

const immutableTags = immutableTagsBy([
  { name: "releases", repositories: ["team/*"], tags: ["v*"], except: [] },
]);
const mediaType = "application/vnd.oci.image.index.v1+json";
const indexOf = (name: string) =>
  JSON.stringify({ schemaVersion: 2, mediaType, manifests: [], annotations: { name } });

async function opened(parts: Parameters<typeof serveParts>[0] = {}) {
  const server = await serveParts({ immutableTags, ...parts });
  onTestFinished(() => server.close());
  return async (method: string, path: string, body?: string) => {
    const headers = body === undefined ? {} : { "content-type": mediaType };
    const response = await fetch(`${server.url}/v2/team/app/manifests/${path}`, {
      ...{ method, headers },
      ...(body !== undefined && { body }),
    });
    return {
      status: response.status,
      digest: response.headers.get("docker-content-digest"),
      text: await response.text(),
    };
  };
}

const refusal = (text: string) =>
  (JSON.parse(text) as { errors: { code: string; message: string }[] }).errors[0];

describe("an immutable tag", () => {
  it("takes the same manifest again, and refuses another with the rule's name", async () => {
    const ask = await opened();
    const { status, digest } = await ask("PUT", "v1", indexOf("one"));
    expect(status).toBe(201);
    const table: readonly (readonly [
      method: string,
      path: string,
      body: string | undefined,
      status: number,
    ])[] = [
      ["PUT", "v1", indexOf("one"), 201],
      ["PUT", "v1", indexOf("two"), 409],
      ["PUT", "latest?tag=v1", indexOf("two"), 409],
      ["DELETE", "v1", undefined, 409],
      ["DELETE", digest ?? "", undefined, 409],
      ["DELETE", "v2", undefined, 404],
      ["PUT", "v2", indexOf("two"), 201],
      ["PUT", "latest", indexOf("one"), 201],
      ["PUT", "latest", indexOf("two"), 201],
      ["DELETE", "latest", undefined, 202],
    ];
    for (const [method, path, body, expected] of table) {
      const answer = await ask(method, path, body);
      expect([method, path, answer.status]).toEqual([method, path, expected]);
      if (expected !== 409) continue;
      expect(refusal(answer.text)?.code).toBe("DENIED");
      expect(refusal(answer.text)?.message).toContain(`v1 falls under the rule "releases"`);
    }
    expect((await ask("GET", "v1")).digest).toBe(digest);
  });

  it("is won by exactly one of two first pushes, through two servers on one database", async () => {
    const path = join(await scratchDirectory(), "berth.sqlite");
    const blobStore = await openBlobStore({ kind: "memory" });
    const ground = async () =>
      opened({ blobStore, metadata: await openMetadataStore({ kind: "sqlite", path }) });
    const servers = [await ground(), await ground()];
    for (let turn = 0; turn < 10; turn += 1) {
      const tag = `v${turn}`;
      const answers = await Promise.all(
        servers.map((ask, index) => ask("PUT", tag, indexOf(`${turn} ${index}`))),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
      const winner = answers.find(({ status }) => status === 201);
      for (const ask of servers) expect((await ask("HEAD", tag)).digest).toBe(winner?.digest);
    }
  });
});
