// REQ-9: what arrived before a connection died is kept, told, and gone on with, also after a restart.
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { answerTo, open } from "../../support/http-request.ts";
import { digestOf, randomBlob } from "../../support/images.ts";
import { expectError } from "../../support/oci-answer.ts";
import { testRegistry, type TestRegistry } from "../../support/test-registry.ts";

const content = randomBlob(3_000_000);
const cutAt = 1_800_000;
const digest = digestOf(content);

/** Sends the first 60 % of an upload and cuts the connection. */
async function cut(registry: TestRegistry, method: string, path: string, chunked: boolean): Promise<void> {
  const headers = chunked ? {} : { "content-length": content.length };
  const outgoing = open(registry.url, method, path, { headers, chunked });
  const failed = answerTo(outgoing).catch(() => "cut");
  await new Promise<void>((resolve) => outgoing.write(content.subarray(0, cutAt), () => resolve()));
  outgoing.destroy();
  expect(await failed).toBe("cut");
}

const rangeOf = async (registry: TestRegistry, session: string) =>
  (await registry.client.send("GET", session)).headers.range;

describe("an upload that is cut at 60 %", () => {
  it.each([
    ["PATCH", false],
    ["PATCH", true],
    ["PUT", false],
    ["PUT", true],
  ])("by %s (chunked: %s) goes on after a restart where it was durable", async (method, chunked) => {
    const first = await testRegistry();
    const session = await first.client.startUpload("cut/app");
    await cut(first, method, method === "PUT" ? `${session}?digest=${digest}` : session, chunked);
    await expect.poll(() => rangeOf(first, session)).toBe(`0-${cutAt - 1}`);
    await first.close();

    const second = await testRegistry({ dataDirectory: first.dataDirectory });
    expect(await rangeOf(second, session)).toBe(`0-${cutAt - 1}`);
    const rest = content.subarray(cutAt);
    const headers = { "content-range": `${cutAt}-${content.length - 1}` };
    const patch = await second.client.send("PATCH", session, { body: rest, headers });
    expect([patch.status, patch.headers.range]).toEqual([202, `0-${content.length - 1}`]);
    await second.close();

    const third = await testRegistry({ dataDirectory: first.dataDirectory });
    expect((await third.client.send("PUT", `${session}?digest=${digest}`)).status).toBe(201);
    const blob = await third.client.send("GET", `/v2/cut/app/blobs/${digest}`);
    expect(blob.body.equals(content)).toBe(true);
    expect(await readdir(join(first.dataDirectory, "blobs", "uploads"))).toEqual([]);
  });

  it("can be cut again and again", async () => {
    const registry = await testRegistry();
    const session = await registry.client.startUpload("cut/often");
    const step = 300_000;
    for (let at = 0; at < content.length - step; at += step) {
      const headers = {
        "content-range": `${at}-${content.length - 1}`,
        "content-length": content.length - at,
      };
      const outgoing = open(registry.url, "PATCH", session, { headers });
      const failed = answerTo(outgoing).catch(() => "cut");
      await new Promise<void>((resolve) => outgoing.write(content.subarray(at, at + step), () => resolve()));
      outgoing.destroy();
      await failed;
      await expect.poll(() => rangeOf(registry, session)).toBe(`0-${at + step - 1}`);
    }
    const rest = content.subarray(content.length - step);
    expect((await registry.client.send("PUT", `${session}?digest=${digest}`, { body: rest })).status).toBe(
      201,
    );
  });

  it("by one POST leaves neither a session nor bytes", async () => {
    const registry = await testRegistry();
    await cut(registry, "POST", `/v2/cut/post/blobs/uploads/?digest=${digest}`, false);
    const uploads = join(registry.dataDirectory, "blobs", "uploads");
    await expect.poll(async () => readdir(uploads)).toEqual([]);
    expect((await registry.client.send("HEAD", `/v2/cut/post/blobs/${digest}`)).status).toBe(404);
  });
});

describe("a session whose bytes were lost", () => {
  it("is unknown to its client, which then begins anew", async () => {
    const registry = await testRegistry();
    const session = await registry.client.startUpload("cut/lost");
    await registry.client.send("PATCH", session, { body: content });
    const uploads = join(registry.dataDirectory, "blobs", "uploads");
    const [name = ""] = await readdir(uploads);
    expect((await stat(join(uploads, name))).size).toBe(content.length);
    await rm(join(uploads, name));
    const answer = await registry.client.send("PUT", `${session}?digest=${digest}`);
    expectError(answer, 404, "BLOB_UPLOAD_UNKNOWN");
    expectError(await registry.client.send("GET", session), 404, "BLOB_UPLOAD_UNKNOWN");
  });
});
