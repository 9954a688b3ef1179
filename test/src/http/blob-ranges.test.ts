// RFC 9110 §14 on blobs: parts of them (REQ-24), and when a part may be given.
import { beforeAll, describe, expect, it } from "vitest";
import { expectError } from "../../support/oci-answer.ts";
import { useRegistry } from "../../support/use-registry.ts";

const use = useRegistry();
const content = Buffer.from("0123456789abcdef");
let path = "";
let digest = "";

beforeAll(async () => {
  digest = await use.client.pushBlob("ranges/of", content);
  path = `/v2/ranges/of/blobs/${digest}`;
});

const get = (headers: Record<string, string>) => use.client.send("GET", path, { headers });

describe("a range of a blob", () => {
  it.each([
    ["the first bytes", "bytes=0-3", "0123", "bytes 0-3/16"],
    ["one byte", "bytes=5-5", "5", "bytes 5-5/16"],
    ["from a byte on", "bytes=10-", "abcdef", "bytes 10-15/16"],
    ["the last bytes", "bytes=-4", "cdef", "bytes 12-15/16"],
    ["an end beyond the end", "bytes=14-999999999999999999999", "ef", "bytes 14-15/16"],
    ["a suffix longer than all", "bytes=-999", "0123456789abcdef", "bytes 0-15/16"],
    ["all of it", "bytes=0-15", "0123456789abcdef", "bytes 0-15/16"],
    ["a unit in capitals", "Bytes=0-1", "01", "bytes 0-1/16"],
  ])("is given for %s (%s)", async (_, range, bytes, contentRange) => {
    const answer = await get({ range });
    expect([answer.status, answer.body.toString(), answer.headers["content-range"]]).toEqual([
      206,
      bytes,
      contentRange,
    ]);
    expect(answer.headers).toMatchObject({
      "content-length": String(bytes.length),
      "docker-content-digest": digest,
      etag: `"${digest}"`,
      "content-type": "application/octet-stream",
    });
  });

  it.each([
    ["beginning at the end", "bytes=16-"],
    ["beginning beyond the end", "bytes=99-100"],
    ["beginning beyond any number", "bytes=99999999999999999999999-"],
    ["of a suffix of nothing", "bytes=-0"],
  ])("is refused when %s (%s)", async (_, range) => {
    const answer = await get({ range });
    expectError(answer, 416, "SIZE_INVALID");
    expect(answer.headers["content-range"]).toBe("bytes */16");
  });

  it.each([
    ["a unit that is not bytes", "lines=0-1"],
    ["an end before the beginning", "bytes=5-4"],
    ["several ranges", "bytes=0-1,4-5"],
    ["a form that says nothing", "bytes=-"],
    ["a form that is none", "bytes=a-b"],
    ["negative numbers", "bytes=-1-5"],
  ])("is ignored for %s (%s), and all is given", async (_, range) => {
    const answer = await get({ range });
    expect([answer.status, answer.body.equals(content)]).toEqual([200, true]);
  });

  it("of the empty blob cannot be satisfied", async () => {
    const empty = await use.client.pushBlob("ranges/of", Buffer.alloc(0));
    const answer = await use.client.send("GET", `/v2/ranges/of/blobs/${empty}`, {
      headers: { range: "bytes=0-" },
    });
    expectError(answer, 416, "SIZE_INVALID");
  });

  it("is given with If-Range of this content, and all without", async () => {
    const range = "bytes=1-2";
    expect((await get({ range, "if-range": `"${digest}"` })).body.toString()).toBe("12");
    for (const other of ['"something else"', `W/"${digest}"`, "Wed, 21 Oct 2015 07:28:00 GMT"]) {
      const answer = await get({ range, "if-range": other });
      expect([other, answer.status, answer.body.length]).toEqual([other, 200, 16]);
    }
  });

  it("is ignored by HEAD, which tells of all", async () => {
    const answer = await use.client.send("HEAD", path, { headers: { range: "bytes=0-3" } });
    expect([answer.status, answer.headers["content-length"]]).toEqual([200, "16"]);
  });

  it("comes after If-None-Match: what the client has needs no range", async () => {
    const answer = await get({ range: "bytes=99-", "if-none-match": `"${digest}"` });
    expect(answer.status).toBe(304);
  });

  it("resumes a download that was put together from parts", async () => {
    const parts = await Promise.all(["bytes=0-6", "bytes=7-7", "bytes=8-"].map((range) => get({ range })));
    expect(Buffer.concat(parts.map(({ body }) => body)).equals(content)).toBe(true);
  });
});
