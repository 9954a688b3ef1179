// REQ-70b: whatever goes wrong, the answer has the one shape of the spec, and the id that the log has too.
import { randomBytes } from "node:crypto";
import { afterAll, describe, expect, it } from "vitest";
import type { Registry } from "../../../src/registry/registry.ts";
import { StorageError } from "../../../storage/storage-error.ts";
import { send } from "../../support/http-request.ts";
import { digestOf } from "../../support/images.ts";
import { collectLog } from "../../support/log-lines.ts";
import { expectError } from "../../support/oci-answer.ts";
import { exchange, openSocket, parseAnswer, readToEnd, readUntil } from "../../support/raw-socket.ts";
import { serveParts } from "../../support/serve-parts.ts";
import { useRegistry } from "../../support/use-registry.ts";

const use = useRegistry();
const digest = digestOf("x");

describe("an address that is none", () => {
  it.each([
    "/v2/x",
    "/v2/_catalog/",
    "/v1/_ping",
    "/nothing",
    "/v2/a/b/c",
    "/v2/a/manifests/",
    "/v2//manifests/v1",
    "//v2/",
    "/v2/a/tags/list/",
    "/V2/",
  ])("answers %s with 404", async (path) => {
    expectError(await use.client.send("GET", path), 404, "UNSUPPORTED");
  });
});

describe("a method that an address does not know", () => {
  it.each([
    ["POST", "/v2/", "GET, HEAD"],
    ["PUT", "/v2/_catalog", "GET, HEAD"],
    ["PATCH", "/v2/a/manifests/v1", "GET, HEAD, PUT, DELETE"],
    ["POST", "/v2/a/manifests/v1", "GET, HEAD, PUT, DELETE"],
    ["PUT", `/v2/a/blobs/${digest}`, "HEAD, GET, DELETE"],
    ["GET", "/v2/a/blobs/uploads/", "POST"],
    ["POST", "/v2/a/blobs/uploads/some-id", "GET, HEAD, PATCH, PUT, DELETE"],
    ["DELETE", "/v2/a/tags/list", "GET, HEAD"],
    ["POST", `/v2/a/referrers/${digest}`, "GET, HEAD"],
    ["OPTIONS", "/v2/", "GET, HEAD"],
    ["PROPFIND", "/v2/a/manifests/v1", "GET, HEAD, PUT, DELETE"],
  ])("%s %s is 405 with Allow", async (method, path, allow) => {
    const answer = await use.client.send(method, path);
    expectError(answer, 405, "UNSUPPORTED");
    expect(String(answer.headers.allow).split(", ").toSorted()).toEqual(allow.split(", ").toSorted());
  });
});

describe("a name that is none", () => {
  it.each([
    ["upper case", "Team/app"],
    ["a parent", "a/../b"],
    ["an encoded parent", "a/%2e%2e/b"],
    ["encoded slashes", "a%2F..%2Fb"],
    ["an empty part", "a//b"],
    ["a leading slash", "/etc/passwd"],
    ["an encoded leading slash", "%2Fetc%2Fpasswd"],
    ["backslashes", "a%5C..%5Cb"],
    ["NUL", "a%00b"],
    ["a line break", "a%0Ab"],
    ["a dot at the end", "a."],
    ["three underscores", "a___b"],
    ["letters that are not ASCII", "caf%C3%A9"],
    ["256 characters", "a".repeat(256)],
    ["60,000 characters", "a".repeat(60_000)],
  ])("%s is NAME_INVALID everywhere", async (_, name) => {
    const requests = [
      ["GET", `/v2/${name}/manifests/v1`],
      ["PUT", `/v2/${name}/manifests/v1`],
      ["GET", `/v2/${name}/blobs/${digest}`],
      ["POST", `/v2/${name}/blobs/uploads/`],
      ["PATCH", `/v2/${name}/blobs/uploads/id`],
      ["GET", `/v2/${name}/tags/list`],
      ["GET", `/v2/${name}/referrers/${digest}`],
    ] as const;
    for (const [method, path] of requests) {
      const answer = await use.client.send(method, path);
      expectError(answer, 400, "NAME_INVALID");
    }
  });

  it("of 255 characters is a name, and %2F is its slash", async () => {
    const longest = `${"a".repeat(127)}%2F${"b".repeat(127)}`;
    expectError(await use.client.send("GET", `/v2/${longest}/tags/list`), 404, "NAME_UNKNOWN");
  });

  it.each([
    ["/v2/a%zz/manifests/v1", 400, "NAME_INVALID"],
    ["/v2/a%ff/tags/list", 400, "NAME_INVALID"],
    ["/v2/a/blobs/%e0%a4", 400, "DIGEST_INVALID"],
    ["/v2/a/manifests/%", 404, "MANIFEST_UNKNOWN"],
    ["/v2/%", 404, "UNSUPPORTED"],
  ])("does not come from an escape that does not decode: %s", async (path, status, code) => {
    expectError(await use.client.send("GET", path), status, code);
  });

  it("does not come from a reference or digest that climbs", async () => {
    for (const tail of ["..", "%2e%2e", "..%2f..%2fetc%2fpasswd", "a%2fb"]) {
      expectError(await use.client.send("GET", `/v2/a/manifests/${tail}`), 404, "MANIFEST_UNKNOWN");
      expectError(await use.client.send("GET", `/v2/a/blobs/${tail}`), 400, "DIGEST_INVALID");
      expectError(await use.client.send("GET", `/v2/a/blobs/uploads/${tail}`), 404, "BLOB_UPLOAD_UNKNOWN");
    }
  });
});

describe("what is not HTTP as we know it", () => {
  const expectParsed = (text: string, status: number) => {
    const answer = parseAnswer(text);
    expect(answer.status).toBe(status);
    expect(answer.headers).toMatchObject({
      "content-type": expect.stringMatching(/^application\/json/) as string,
      connection: "close",
    });
    const body = JSON.parse(answer.body) as { errors: object[]; requestId: string };
    expect(body.errors).toHaveLength(1);
    expect(body.requestId).toBe(answer.headers["x-request-id"]);
    expect(answer.headers["docker-distribution-api-version"]).toBe("registry/2.0");
  };

  it.each([
    ["no HTTP at all", "\x16\x03\x01\x02\x00\x01\r\n\r\n", 400],
    ["a request line of two words", "GET\r\n\r\n", 400],
    ["a header without colon", "GET /v2/ HTTP/1.1\r\nHost: x\r\nnonsense\r\n\r\n", 400],
    [
      "two lengths (request smuggling)",
      "POST /v2/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      400,
    ],
    ["headers of 70 KiB", `GET /v2/ HTTP/1.1\r\nHost: x\r\nX: ${"x".repeat(70 * 1024)}\r\n\r\n`, 431],
    ["no Host in HTTP/1.1", "GET /v2/ HTTP/1.1\r\n\r\n", 400],
  ])("is refused in the usual shape: %s", async (_, text, status) => {
    expectParsed(await exchange(use.registry.url, text), status);
  });

  it("is refused in the usual shape also on a connection that was used before", async () => {
    const socket = await openSocket(use.registry.url);
    socket.write("GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n");
    await readUntil(socket, "{}");
    socket.write("nonsense\r\n\r\n");
    expectParsed(await readToEnd(socket), 400);
  });

  it("may be HTTP/1.0, which gets a length and a closed connection", async () => {
    const answer = parseAnswer(await exchange(use.registry.url, "GET /v2/ HTTP/1.0\r\n\r\n"));
    expect([answer.status, answer.body]).toEqual([200, "{}"]);
    expect(answer.headers).toMatchObject({ "content-length": "2", connection: "close" });
    const digest = await use.client.pushBlob("http/one", Buffer.from("content"));
    const blob = parseAnswer(
      await exchange(use.registry.url, `GET /v2/http/one/blobs/${digest} HTTP/1.0\r\n\r\n`),
    );
    expect([blob.status, blob.headers["content-length"], blob.body]).toEqual([200, "7", "content"]);
  });

  it("may have 40 KiB of headers, as tokens with many scopes do", async () => {
    const headers = { authorization: `Bearer ${"x".repeat(40 * 1024)}` };
    expect((await use.client.send("GET", "/v2/", { headers })).status).toBe(200);
  });

  it("may come in advance of the answers before it, which keep their order", async () => {
    const contents = ["a", "b", "c"].map((letter) => letter.repeat(3_000_000));
    const paths: string[] = [];
    for (const content of contents)
      paths.push(await use.client.pushBlob("http/pipeline", Buffer.from(content)));
    const requests = paths.map(
      (digest) => `GET /v2/http/pipeline/blobs/${digest} HTTP/1.1\r\nHost: x\r\n\r\n`,
    );
    const last = "GET /v2/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    const text = await exchange(use.registry.url, requests.join("") + last);
    const bodies = text.split(/HTTP\/1\.1 200 OK\r\n(?:[^\r]+\r\n)+\r\n/).slice(1);
    expect(bodies.map((body) => [body[0], body.length])).toEqual([
      ["a", 3_000_000],
      ["b", 3_000_000],
      ["c", 3_000_000],
      ["{", 2],
    ]);
  });

  it("may offer to go on with another protocol, which is ignored", async () => {
    const text = "GET /v2/ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n";
    expect(parseAnswer(await exchange(use.registry.url, text)).status).toBe(200);
  });

  it("may name its target in full, and expect what nobody knows", async () => {
    const text = `GET http://${use.registry.url.slice(7)}/v2/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
    expect(parseAnswer(await exchange(use.registry.url, text)).status).toBe(200);
    const odd = "GET /v2/ HTTP/1.1\r\nHost: x\r\nExpect: a-miracle\r\nConnection: close\r\n\r\n";
    expect(parseAnswer(await exchange(use.registry.url, odd)).status).toBe(200);
  });
});

describe("the request id", () => {
  it("of a proxy in front is kept, on answers and in errors", async () => {
    for (const offered of ["abc-123", "0af7651916cd43dd8448eb211c80319c", "A.b_c-9", "x".repeat(64)]) {
      const answer = await use.client.send("GET", "/v2/a/manifests/v1", {
        headers: { "x-request-id": offered },
      });
      expectError(answer, 404, "MANIFEST_UNKNOWN");
      expect(answer.headers["x-request-id"]).toBe(offered);
    }
  });

  it("is replaced when it could disturb a log", async () => {
    for (const offered of ["", "a b", 'x","level":60,"y":"', "<script>", "x".repeat(65), "é", "a;b", "\t"]) {
      const answer = await use.client.send("GET", "/v2/", { headers: { "x-request-id": offered } });
      expect(answer.headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
    }
  });
});

describe("a failure of the machine", () => {
  const log = collectLog();
  const secret = "SQLITE_CORRUPT at /var/lib/berth/secret";
  let failure: Error = new Error(secret);
  const fail = () => Promise.reject(failure);
  const served = serveParts({
    logger: log.logger,
    wrap: (registry): Registry => ({
      ...registry,
      tags: { list: fail },
      manifests: { announce: fail, find: fail, put: fail, delete: fail },
    }),
  });
  afterAll(async () => (await served).close());
  const get = async () => send((await served).url, "GET", "/v2/a/tags/list");

  it("is a 500 that tells nothing but the id under which the log tells all", async () => {
    failure = new Error(secret);
    const answer = await get();
    expectError(answer, 500, "UNKNOWN");
    expect(answer.body.toString()).not.toContain("SQLITE");
    const requestId = answer.headers["x-request-id"];
    const line = log.lines.find((entry) => entry["requestId"] === requestId && entry["level"] === "error");
    expect(JSON.stringify(line)).toContain(secret);
  });

  it("is a 413 when there is no room, and a 503 to come again after when it was too busy", async () => {
    failure = new StorageError("full", "no room");
    expectError(await get(), 413, "DENIED");
    failure = new StorageError("busy", "locked");
    const busy = await get();
    expectError(busy, 503, "UNAVAILABLE");
    expect(busy.headers["retry-after"]).toBe("1");
  });

  it("before the body was read still answers on PUT", async () => {
    failure = new Error(secret);
    const body = randomBytes(1_000_000);
    const answer = await send((await served).url, "PUT", "/v2/a/manifests/v1", { body });
    expectError(answer, 500, "UNKNOWN");
  });
});
