// `Expect: 100-continue` is answered only after the request is found to be allowed: a refused client sends no body.
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Access } from "../../../auth/access.ts";
import type { Caller } from "../../../auth/caller.ts";
import { answerTo, open } from "../../support/http-request.ts";
import { digestOf, imageIndex, randomBlob } from "../../support/images.ts";
import { expectError } from "../../support/oci-answer.ts";
import { sendPolitely } from "../../support/polite-request.ts";
import { RegistryClient } from "../../support/registry-client.ts";
import { serveParts, type ServedParts } from "../../support/serve-parts.ts";

let served: ServedParts;
let client: RegistryClient;
const asked: Access[] = [];
const closed = new Set(["closed/app"]);
const somebody: Caller = { principal: { kind: "user", id: "1", name: "somebody" }, grant: { kind: "all" } };

beforeAll(async () => {
  served = await serveParts({
    authenticator: { authenticate: async () => ({ outcome: "accepted", caller: somebody }) },
    authorizer: {
      decide: async (_, access) => {
        asked.push(access);
        if (access.kind !== "repository" || !closed.has(access.name)) return { allowed: true };
        return { allowed: false, reason: "closed to everybody" };
      },
      visibility: async () => ({ kind: "all" }),
      createProject: async () => false,
    },
  });
  client = new RegistryClient(served.url);
});
afterAll(async () => {
  client.close();
  await served.close();
});

const polite = (method: string, path: string, body: Buffer) => sendPolitely(served.url, method, path, body);

describe("a client that waits for 100 Continue", () => {
  it("is told to go on with an allowed blob, chunk and manifest", async () => {
    const content = randomBlob(10_000);
    const digest = digestOf(content);
    const index = imageIndex([]);
    const rows = [
      ["PATCH", await client.startUpload("open/app"), content, 202],
      ["PUT", `${await client.startUpload("open/app")}?digest=${digest}`, content, 201],
      ["POST", `/v2/open/app/blobs/uploads/?digest=${digest}`, content, 201],
      ["PUT", "/v2/open/app/manifests/v1", index.bytes, 201],
    ] as const;
    for (const [method, path, body, status] of rows) {
      const answer = await polite(method, path, body);
      expect([method, path, answer.status, answer.continued]).toEqual([method, path, status, true]);
    }
  });

  it("is not when its upload session is unknown or stands elsewhere", async () => {
    const unknown = "/v2/open/app/blobs/uploads/00000000-0000-4000-8000-000000000000";
    const absent = await polite("PATCH", unknown, Buffer.alloc(1000));
    expect(absent.continued).toBe(false);
    expectError(absent, 404, "BLOB_UPLOAD_UNKNOWN");
    const outgoing = open(served.url, "PATCH", await client.startUpload("open/app"), {
      headers: { expect: "100-continue", "content-length": 1000, "content-range": "500-1499" },
    });
    outgoing.on("continue", () => expect.unreachable("told to send a chunk that is out of order"));
    outgoing.flushHeaders();
    expectError(await answerTo(outgoing), 416, "BLOB_UPLOAD_INVALID");
    outgoing.destroy();
  });

  it("is not when the request is denied", async () => {
    const rows = [
      ["POST", `/v2/closed/app/blobs/uploads/?digest=${digestOf("x")}`],
      ["PUT", "/v2/closed/app/manifests/v1"],
    ] as const;
    for (const [method, path] of rows) {
      const answer = await polite(method, path, Buffer.alloc(1000));
      expect(answer.continued).toBe(false);
      expect(expectError(answer, 403, "DENIED").detail).toEqual({ reason: "closed to everybody" });
    }
  });

  it("is not when the request is wrong anyway", async () => {
    const rows = [
      ["PUT", "/v2/open/app/manifests/-bad", 400, 1000],
      ["PUT", "/v2/Open/app/manifests/v1", 400, 1000],
      ["PUT", "/v2/open/app/manifests/v1", 413, 5_000_000],
      ["PUT", await client.startUpload("open/app"), 400, 1000],
      ["PUT", "/v2/nowhere", 404, 1000],
    ] as const;
    for (const [method, path, status, length] of rows) {
      const answer = await polite(method, path, Buffer.alloc(length));
      expect([path, answer.status, answer.continued]).toEqual([path, status, false]);
    }
  });
});

describe("rights", () => {
  it("are asked for each request in the words of its route", async () => {
    const digest = digestOf("x");
    const session = await client.startUpload("a/b");
    const rows = [
      ["GET", "/v2/", "registry"],
      ["GET", "/v2/_catalog", "catalog"],
      ["GET", "/v2/a/b/manifests/v1", "a/b pull"],
      // before its body is read, and when all of it is there
      ["PUT", "/v2/a/b/manifests/v1", "a/b push", "a/b push"],
      ["DELETE", "/v2/a/b/manifests/v1", "a/b delete"],
      // who may push and finds something need not send it: it has to stay
      ["HEAD", `/v2/a/b/blobs/${digest}`, "a/b pull", "a/b push"],
      ["HEAD", `/v2/a/b/manifests/${digest}`, "a/b pull", "a/b push"],
      ["GET", `/v2/a/b/manifests/${digest}`, "a/b pull"],
      ["GET", `/v2/a/b/blobs/${digest}`, "a/b pull"],
      ["DELETE", `/v2/a/b/blobs/${digest}`, "a/b delete"],
      ["POST", "/v2/a/b/blobs/uploads/", "a/b push"],
      ["GET", session, "a/b push"],
      ["DELETE", session, "a/b push"],
      ["GET", "/v2/a/b/tags/list", "a/b pull"],
      ["GET", `/v2/a/b/referrers/${digest}`, "a/b pull"],
    ] as const;
    for (const [method, path, ...rights] of rows) {
      asked.length = 0;
      // With a query the whole way through Koa: what is absent is asked for ahead of it, too.
      await client.send(method, `${path}?`);
      const words = asked.map((access) =>
        access.kind === "repository" ? `${access.name} ${access.action}` : access.kind,
      );
      expect([method, path, ...words]).toEqual([method, path, ...rights]);
    }
  });

  it("to push suffice for a mount: a source that may not be read gives an ordinary upload", async () => {
    const digest = await client.pushBlob("closed/source", randomBlob());
    closed.add("closed/source");
    const refused = await client.send(
      "POST",
      `/v2/open/app/blobs/uploads/?mount=${digest}&from=closed/source`,
    );
    expect(refused.status).toBe(202);
    expect((await client.send("HEAD", `/v2/open/app/blobs/${digest}`)).status).toBe(404);
  });
});

describe("a client that does not wait", () => {
  it("gets its refusal while its body is still coming", async () => {
    const outgoing = open(served.url, "PUT", "/v2/closed/app/manifests/v1", { chunked: true });
    outgoing.write(Buffer.alloc(100_000));
    const answer = await answerTo(outgoing);
    expectError(answer, 403, "DENIED");
    outgoing.destroy();
    await once(outgoing, "close");
  });
});
