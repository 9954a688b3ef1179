// The grammars of repository names and references, at their edges.
import { describe, expect, it } from "vitest";
import { parseReference, parseTag } from "../../../src/oci/reference.ts";
import { parseRepositoryName } from "../../../src/oci/repository-name.ts";

describe("a repository name", () => {
  it.each([
    "a",
    "0",
    "library/alpine",
    "a/b/c/d/e/f/g/h",
    "a.b",
    "a_b",
    "a__b",
    "a-b",
    "a---------b",
    "0.1.2_3__4-5",
    "blobs/uploads",
    "manifests",
    "tags/list",
    "a".repeat(255),
    `${"a/".repeat(127)}a`,
  ])("may be %s", (name) => {
    expect(parseRepositoryName(name)).toBe(name);
  });

  it.each([
    "",
    "/",
    "/a",
    "a/",
    "a//b",
    ".",
    "..",
    "a/../b",
    "./a",
    "A",
    "aB",
    "a b",
    " a",
    "a\n",
    "a\0",
    "a..b",
    "a._b",
    "a___b",
    "-a",
    "a-",
    "_a",
    "a_",
    ".a",
    "a.",
    "a@b",
    "a:b",
    "a%2fb",
    "a\\b",
    "ä",
    "ａ",
    "a\u200b",
    "a".repeat(256),
  ])("may not be %j", (name) => {
    expect(parseRepositoryName(name)).toBeUndefined();
  });

  it("is judged in time that does not explode with its length", () => {
    expect(parseRepositoryName(`${"a-".repeat(127)}!`)).toBeUndefined();
    expect(parseRepositoryName("a".repeat(10_000_000))).toBeUndefined();
  });
});

describe("a tag", () => {
  it.each(["latest", "1", "_", "v1.0.0-rc.1_x", "A", "a..b", "sha256-abc", "a-", "a.".repeat(64)])(
    "may be %s",
    (tag) => {
      expect(parseTag(tag)).toBe(tag);
    },
  );

  it.each(["", ".", "..", "-a", ".a", "a b", "a/b", "a:b", "a@b", "a+b", "é", "a\n", "a".repeat(129)])(
    "may not be %j",
    (tag) => {
      expect(parseTag(tag)).toBeUndefined();
    },
  );
});

describe("a reference", () => {
  const sha256 = `sha256:${"0123456789abcdef".repeat(4)}`;
  const sha512 = `sha512:${"0123456789abcdef".repeat(8)}`;

  it("is a digest when it has a colon, and a tag when not", () => {
    for (const digest of [sha256, sha512]) expect(parseReference(digest)).toEqual({ kind: "digest", digest });
    expect(parseReference("v1")).toEqual({ kind: "tag", tag: "v1" });
  });

  it.each([
    `${sha256}0`,
    sha256.slice(0, -1),
    sha256.toUpperCase(),
    sha256.replace("sha256", "SHA256"),
    sha256.replace("sha256", "sha512"),
    sha256.replace("sha256", "sha384"),
    sha256.replace("sha256", "sha256+b64"),
    `${sha256}\n`,
    ` ${sha256}`,
    "sha256:",
    ":",
    "a:b",
    "",
  ])("is neither for %j", (text) => {
    expect(parseReference(text)).toBeUndefined();
  });
});
