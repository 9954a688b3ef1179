// end-8 and the catalog: names in pages (REQ-28).
import { beforeAll, describe, expect, it } from "vitest";
import { imageIndex } from "../../support/images.ts";
import { expectError, jsonOf, nextPageOf } from "../../support/oci-answer.ts";
import { useRegistry } from "../../support/use-registry.ts";

const use = useRegistry();
const tags = ["1.0", "10", "2", "A", "Z", "_x", "a", "a-b", "a.b", "a_b", "ab", "b"];
const repositories = ["lists/a", "lists/a-b", "lists/a/b", "lists/ab", "lists/b", "lists/tagged"];

beforeAll(async () => {
  const index = imageIndex([]);
  const query = tags.toReversed().map((tag) => `tag=${tag}`);
  await use.client.pushManifest("lists/tagged", `${index.digest}?${query.join("&")}`, index);
  for (const repository of repositories.slice(0, -1))
    await use.client.pushManifest(repository, index.digest, index);
  // Blobs and sessions alone make no repository.
  await use.client.pushBlob("lists/only/blobs", Buffer.from("x"));
  await use.client.startUpload("lists/only/session");
});

const list = async (query = "") => {
  const answer = await use.client.send("GET", `/v2/lists/tagged/tags/list${query}`);
  expect([answer.status, answer.headers["content-type"]]).toEqual([200, "application/json; charset=utf-8"]);
  return { ...(jsonOf(answer) as { name: string; tags: string[] }), next: nextPageOf(answer) };
};

describe("the tags of a repository", () => {
  it("come all at once, in the order of code points", async () => {
    expect(await list()).toEqual({ name: "lists/tagged", tags, next: undefined });
  });

  it.each([1, 5, 11, 12, 13])("come in pages of %d that join without gap or repeat", async (n) => {
    const pages = (await use.client.pages(`/v2/lists/tagged/tags/list?n=${n}`)) as { tags: string[] }[];
    expect(pages.flatMap((page) => page.tags)).toEqual(tags);
    expect(pages).toHaveLength(Math.ceil(tags.length / n));
  });

  it("link to a next page only when there is one", async () => {
    expect((await list("?n=11")).next).toBe("/v2/lists/tagged/tags/list?n=11&last=ab");
    expect((await list("?n=12")).next).toBeUndefined();
    expect((await list("?n=99999999999999999999999")).next).toBeUndefined();
  });

  it("are an empty page without Link for n=0", async () => {
    expect(await list("?n=0")).toEqual({ name: "lists/tagged", tags: [], next: undefined });
  });

  it("begin after `last`, whether that is a tag or not", async () => {
    expect((await list("?last=a_b")).tags).toEqual(["ab", "b"]);
    expect((await list("?last=a0")).tags).toEqual(["a_b", "ab", "b"]);
    expect((await list("?last=zzz")).tags).toEqual([]);
    expect((await list("?last=&n=2")).tags).toEqual(["1.0", "10"]);
    expect((await list("?last=%00")).tags).toEqual(tags);
  });

  it("are refused for an n that is no count", async () => {
    for (const n of ["-1", "x", "1.5", "", "1e3", "0x10"]) {
      const answer = await use.client.send("GET", `/v2/lists/tagged/tags/list?n=${n}`);
      expect(expectError(answer, 400, "UNSUPPORTED").detail).toEqual({ n });
    }
  });

  it("of a repository that is not there are NAME_UNKNOWN", async () => {
    for (const name of ["lists/none", "lists/only/blobs", "lists/only/session"]) {
      expectError(await use.client.send("GET", `/v2/${name}/tags/list`), 404, "NAME_UNKNOWN");
    }
  });

  it("of a repository whose manifests have none are an empty list", async () => {
    const answer = await use.client.send("GET", "/v2/lists/a/tags/list");
    expect(jsonOf(answer)).toEqual({ name: "lists/a", tags: [] });
  });

  it("have the same headers for HEAD", async () => {
    const [get, head] = [
      await use.client.send("GET", "/v2/lists/tagged/tags/list?n=3"),
      await use.client.send("HEAD", "/v2/lists/tagged/tags/list?n=3"),
    ];
    for (const name of ["content-length", "content-type", "link"])
      expect(head.headers[name]).toBe(get.headers[name]);
    expect([head.status, head.body.length]).toEqual([200, 0]);
  });
});

describe("the catalog", () => {
  it("lists the repositories that hold a manifest, in pages", async () => {
    for (const n of [1, 2, 5, 100]) {
      const pages = (await use.client.pages(`/v2/_catalog?n=${n}`)) as { repositories: string[] }[];
      expect(pages.flatMap((page) => page.repositories)).toEqual(repositories);
    }
  });

  it("treats n and last as the tag list does", async () => {
    const answer = await use.client.send("GET", "/v2/_catalog?n=2&last=lists/a-c&ns=ignored");
    expect(jsonOf(answer)).toEqual({ repositories: ["lists/a/b", "lists/ab"] });
    expect(nextPageOf(answer)).toBe("/v2/_catalog?n=2&last=lists%2Fab");
    expect(jsonOf(await use.client.send("GET", "/v2/_catalog?n=0"))).toEqual({ repositories: [] });
    expectError(await use.client.send("GET", "/v2/_catalog?n=-5"), 400, "UNSUPPORTED");
  });
});
