// REQ-23: bytes that are not as recorded are absent, so that the next push heals them; what breaks while it is sent ends
// in a broken connection, never in a clean short end.
import { once } from "node:events";
import { readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { open, readAnswer, responseTo } from "../../support/http-request.ts";
import { digestOf, emptyJson, imageManifest, randomBlob } from "../../support/images.ts";
import { expectError } from "../../support/oci-answer.ts";
import { testRegistry, type TestRegistry } from "../../support/test-registry.ts";

/** The one file that holds a blob. */
async function fileOf(registry: TestRegistry, digest: string): Promise<string> {
  const folder = join(registry.dataDirectory, "blobs", "blobs", "sha256", digest.slice(7, 9));
  const names = (await readdir(folder)).filter((name) => name.startsWith(digest.slice(7)));
  expect(names).toHaveLength(1);
  return join(folder, names[0]!);
}

const damages: [what: string, damage: (file: string) => Promise<void>][] = [
  ["shortened", (file) => truncate(file, 1000)],
  ["emptied", (file) => truncate(file, 0)],
  ["doubled", async (file) => writeFile(file, Buffer.concat([await readFile(file), await readFile(file)]))],
  ["deleted", (file) => rm(file)],
];

describe.each(damages)("a blob whose file was %s", (_, damage) => {
  it.each(["HEAD", "GET"])("is 404 to %s, and whole again after a push", async (method) => {
    const registry = await testRegistry();
    const { client } = registry;
    const content = randomBlob(50_000);
    const digest = await client.pushBlob("damaged/app", content);
    await client.send("POST", `/v2/damaged/other/blobs/uploads/?mount=${digest}`);
    const path = `/v2/damaged/app/blobs/${digest}`;
    await damage(await fileOf(registry, digest));
    const answer = await client.send(method, path);
    expect(answer.status).toBe(404);
    if (method === "GET") expectError(answer, 404, "BLOB_UNKNOWN");
    await client.pushBlob("damaged/app", content);
    for (const repository of ["damaged/app", "damaged/other"]) {
      const healed = await client.send("GET", `/v2/${repository}/blobs/${digest}`);
      expect([healed.status, healed.body.equals(content)]).toEqual([200, true]);
    }
  });

  it("is whole again after the first push of it to another repository, which nobody had asked before", async () => {
    const registry = await testRegistry();
    const { client } = registry;
    const content = randomBlob(50_000);
    const digest = await client.pushBlob("damaged/app", content);
    await damage(await fileOf(registry, digest));
    await client.pushBlob("damaged/elsewhere", content);
    for (const repository of ["damaged/app", "damaged/elsewhere"]) {
      const healed = await client.send("GET", `/v2/${repository}/blobs/${digest}`);
      expect([healed.status, healed.body.equals(content)]).toEqual([200, true]);
    }
  });

  it("can neither be mounted nor named by a manifest until it is pushed again", async () => {
    const registry = await testRegistry();
    const { client } = registry;
    const content = randomBlob(50_000);
    const digest = await client.pushBlob("damaged/app", content);
    await client.pushBlob("damaged/app", emptyJson);
    await damage(await fileOf(registry, digest));
    const mount = await client.send(
      "POST",
      `/v2/damaged/target/blobs/uploads/?mount=${digest}&from=damaged/app`,
    );
    expect(mount.status).toBe(202);
    const manifest = imageManifest(emptyJson, [content]);
    const refused = await client.putManifest("damaged/app", "v1", manifest);
    expect(expectError(refused, 404, "MANIFEST_BLOB_UNKNOWN").detail).toEqual({ missing: [digest] });
    await client.pushBlob("damaged/app", content);
    expect((await client.putManifest("damaged/app", "v1", manifest)).status).toBe(201);
  });
});

describe("a blob that shrinks while it is being sent", () => {
  it("ends in a broken connection", async () => {
    const registry = await testRegistry();
    const content = Buffer.alloc(48 * 1024 * 1024, "0123456789");
    const digest = await registry.client.pushBlob("damaged/big", content);
    const outgoing = open(registry.url, "GET", `/v2/damaged/big/blobs/${digest}`);
    outgoing.end();
    const response = await responseTo(outgoing);
    await once(response, "readable");
    await truncate(await fileOf(registry, digest), 1000);
    await expect(readAnswer(response)).rejects.toThrow("aborted");
    expect(response.complete).toBe(false);
    expect((await registry.client.send("HEAD", `/v2/damaged/big/blobs/${digest}`)).status).toBe(404);
    await registry.client.pushBlob("damaged/big", content);
    const healed = await registry.client.send("GET", `/v2/damaged/big/blobs/${digest}`);
    expect(digestOf(healed.body)).toBe(digest);
  });
});
