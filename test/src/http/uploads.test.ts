// end-4, end-6, end-13, end-14 over HTTP: the ways of a blob into the registry, and how each is refused.
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { digestOf, randomBlob } from "../../support/images.ts";
import { expectError, locationOf } from "../../support/oci-answer.ts";
import { useRegistry } from "../../support/use-registry.ts";

const use = useRegistry();
const uuid = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";

async function expectStored(repository: string, content: Buffer, digest = digestOf(content)): Promise<void> {
  const answer = await use.client.send("GET", `/v2/${repository}/blobs/${digest}`);
  expect([answer.status, answer.body.equals(content)]).toEqual([200, true]);
}

describe("a new upload", () => {
  it.each([
    "/v2/up/new/blobs/uploads/",
    "/v2/up/new/blobs/uploads",
    "/v2/up/new/blobs/uploads/?name=x&unknown=1",
  ])("begins at POST %s with its place, its id and nothing received", async (path) => {
    const answer = await use.client.send("POST", path);
    expect([answer.status, answer.body.length, answer.headers["content-length"]]).toEqual([202, 0, "0"]);
    expect(answer.headers.location).toMatch(new RegExp(`^/v2/up/new/blobs/uploads/${uuid}$`));
    expect(answer.headers.range).toBe("0-0");
    expect(answer.headers.location).toContain(String(answer.headers["docker-upload-uuid"]));
  });

  it("tells its state to GET and HEAD, and is gone after DELETE", async () => {
    const session = await use.client.startUpload("up/state");
    await use.client.send("PATCH", session, { body: "12345" });
    for (const method of ["GET", "HEAD"]) {
      const state = await use.client.send(method, session);
      expect([method, state.status, state.headers.range, state.headers.location]).toEqual([
        method,
        204,
        "0-4",
        session,
      ]);
      expect(state.headers["docker-upload-uuid"]).toBe(session.split("/").at(-1));
    }
    const cancelled = await use.client.send("DELETE", session);
    expect([cancelled.status, cancelled.body.length]).toEqual([204, 0]);
    for (const method of ["GET", "PATCH", "PUT", "DELETE"]) {
      const path = method === "PUT" ? `${session}?digest=${digestOf("12345")}` : session;
      expectError(await use.client.send(method, path, { body: "" }), 404, "BLOB_UPLOAD_UNKNOWN");
    }
  });

  it("belongs to its repository", async () => {
    const session = await use.client.startUpload("up/mine");
    const other = session.replace("up/mine", "up/yours");
    expectError(await use.client.send("PATCH", other, { body: "x" }), 404, "BLOB_UPLOAD_UNKNOWN");
    expectError(await use.client.send("GET", other), 404, "BLOB_UPLOAD_UNKNOWN");
    expectError(await use.client.send("DELETE", other), 404, "BLOB_UPLOAD_UNKNOWN");
    expect((await use.client.send("GET", session)).status).toBe(204);
  });

  it("is refused for an algorithm that is not supported", async () => {
    const answer = await use.client.send("POST", "/v2/up/new/blobs/uploads/?digest-algorithm=md5");
    expect(expectError(answer, 400, "DIGEST_INVALID").detail).toEqual({ algorithm: "md5" });
  });
});

describe("a blob", () => {
  it("comes by POST and PUT", async () => {
    const content = randomBlob();
    const session = await use.client.startUpload("up/put");
    const answer = await use.client.send("PUT", `${session}?digest=${digestOf(content)}`, { body: content });
    expect([answer.status, answer.body.length]).toEqual([201, 0]);
    expect(answer.headers).toMatchObject({
      location: `/v2/up/put/blobs/${digestOf(content)}`,
      "docker-content-digest": digestOf(content),
    });
    await expectStored("up/put", content);
  });

  it("may be named with an encoded colon, as Go clients do", async () => {
    const content = randomBlob();
    const encoded = digestOf(content).replace(":", "%3A");
    const session = await use.client.startUpload("up/encoded");
    expect((await use.client.send("PUT", `${session}?digest=${encoded}`, { body: content })).status).toBe(
      201,
    );
    expect((await use.client.send("GET", `/v2/up/encoded/blobs/${encoded}`)).body.equals(content)).toBe(true);
    expect(
      (await use.client.send("POST", `/v2/up/encoded2/blobs/uploads/?mount=${encoded}&from=up%2Fencoded`))
        .status,
    ).toBe(201);
  });

  it("comes by one POST", async () => {
    for (const content of [randomBlob(), Buffer.alloc(0)]) {
      const path = `/v2/up/post/blobs/uploads/?digest=${digestOf(content)}`;
      const answer = await use.client.send("POST", path, { body: content });
      expect([answer.status, locationOf(answer)]).toEqual([201, `/v2/up/post/blobs/${digestOf(content)}`]);
      await expectStored("up/post", content);
    }
  });

  it("comes by one POST with chunked transfer encoding", async () => {
    const content = randomBlob(300_000);
    const path = `/v2/up/post/blobs/uploads/?digest=${digestOf(content)}`;
    expect((await use.client.send("POST", path, { body: content, chunked: true })).status).toBe(201);
    await expectStored("up/post", content);
  });

  it.each([
    [
      "a Content-Range",
      (at: number, part: Buffer) => ({ headers: { "content-range": `${at}-${at + part.length - 1}` } }),
    ],
    [
      "HTTP's longer Content-Range",
      (at: number, part: Buffer) => ({
        headers: { "content-range": `bytes ${at}-${at + part.length - 1}/*` },
      }),
    ],
    ["nothing but their length", () => ({})],
    ["chunked transfer encoding", () => ({ chunked: true })],
    [
      "chunked transfer encoding and a Content-Range",
      (at: number, part: Buffer) => ({
        chunked: true,
        headers: { "content-range": `${at}-${at + part.length - 1}` },
      }),
    ],
    ["a type", () => ({ headers: { "content-type": "application/octet-stream" } })],
  ])("comes in chunks with %s, the last of them in the PUT", async (_, how) => {
    const content = randomBlob(10_000);
    let session = await use.client.startUpload("up/chunks");
    for (const [start, end] of [
      [0, 1],
      [1, 5000],
      [5000, 9000],
    ] as const) {
      const part = content.subarray(start, end);
      const answer = await use.client.send("PATCH", session, { body: part, ...how(start, part) });
      expect([answer.status, answer.headers.range, answer.body.length]).toEqual([202, `0-${end - 1}`, 0]);
      session = locationOf(answer);
    }
    const last = content.subarray(9000);
    const put = await use.client.send("PUT", `${session}?digest=${digestOf(content)}`, {
      body: last,
      ...how(9000, last),
    });
    expect(put.status).toBe(201);
    await expectStored("up/chunks", content);
    expectError(await use.client.send("GET", session), 404, "BLOB_UPLOAD_UNKNOWN");
  });

  it("comes in one PATCH and an empty PUT", async () => {
    const content = randomBlob(2_000_000);
    const session = await use.client.startUpload("up/docker");
    const body = Readable.from([content.subarray(0, 777_777), content.subarray(777_777)]);
    expect((await use.client.send("PATCH", session, { body, chunked: true })).headers.range).toBe(
      "0-1999999",
    );
    expect((await use.client.send("PUT", `${session}?digest=${digestOf(content)}`)).status).toBe(201);
    await expectStored("up/docker", content);
  });

  it("may be empty", async () => {
    const session = await use.client.startUpload("up/empty");
    const digest = digestOf("");
    expect((await use.client.send("PATCH", session, { body: "" })).headers.range).toBe("0-0");
    expect((await use.client.send("PUT", `${session}?digest=${digest}`)).status).toBe(201);
    await expectStored("up/empty", Buffer.alloc(0));
  });

  it.each([
    ["announced at the start", "?digest-algorithm=sha512"],
    ["not announced", ""],
  ])("is addressed by sha512 when the client wants it, %s", async (_, query) => {
    const content = randomBlob(5000);
    const digest = digestOf(content, "sha512");
    const session = await use.client.startUpload("up/sha512", query);
    await use.client.send("PATCH", session, { body: content.subarray(0, 1000) });
    const put = await use.client.send("PUT", `${session}?digest=${digest}`, { body: content.subarray(1000) });
    expect([put.status, put.headers["docker-content-digest"]]).toEqual([201, digest]);
    await expectStored("up/sha512", content, digest);
    const post = await use.client.send("POST", `/v2/up/sha512/blobs/uploads/?digest=${digest}`, {
      body: content,
    });
    expect(post.status).toBe(201);
  });
});

describe("closing an upload", () => {
  it.each(["sha256", "sha512"] as const)(
    "with the wrong %s digest keeps nothing and ends the session",
    async (algorithm) => {
      const content = randomBlob();
      const wrong = digestOf(randomBlob(), algorithm);
      const session = await use.client.startUpload("up/wrong");
      await use.client.send("PATCH", session, { body: content });
      const refused = await use.client.send("PUT", `${session}?digest=${wrong}`);
      expect(expectError(refused, 400, "DIGEST_INVALID").detail).toEqual({ expected: wrong });
      expectError(await use.client.send("GET", session), 404, "BLOB_UPLOAD_UNKNOWN");
      for (const digest of [wrong, digestOf(content)]) {
        expect((await use.client.send("HEAD", `/v2/up/wrong/blobs/${digest}`)).status).toBe(404);
      }
    },
  );

  it("without a digest, or with none that is one, changes nothing: it can be sent again", async () => {
    const content = randomBlob();
    const session = await use.client.startUpload("up/forgotten");
    for (const query of ["", "?digest=", "?digest=sha256:12", "?digest=latest"]) {
      const refused = await use.client.send("PUT", session + query, { body: content });
      expectError(refused, 400, "DIGEST_INVALID");
    }
    expect((await use.client.send("GET", session)).headers.range).toBe("0-0");
    const put = await use.client.send("PUT", `${session}?digest=${digestOf(content)}`, { body: content });
    expect(put.status).toBe(201);
  });

  it("by one POST with the wrong digest leaves no session behind", async () => {
    const path = `/v2/up/wrong/blobs/uploads/?digest=${digestOf("something else")}`;
    expectError(await use.client.send("POST", path, { body: randomBlob() }), 400, "DIGEST_INVALID");
    expectError(await use.client.send("POST", path.replace(/digest=.*/, "digest=x")), 400, "DIGEST_INVALID");
  });
});
