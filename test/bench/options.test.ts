import { describe, expect, it } from "vitest";
import { parseOptions, UsageError } from "./options.ts";

const names = ["manifest-get-tag", "manifest-get-digest", "blob-get-large"];
const parse = (...args: string[]) => parseOptions(args, names);

describe("the options of the bench", () => {
  it("run everything three times unless told otherwise", () => {
    expect(parse()).toMatchObject({ only: names, rounds: 3, quick: false, json: false, peers: [] });
  });

  it("take scenarios by name or by how they begin, again or with commas, in the table's order", () => {
    expect(parse("--only", "blob,manifest-get-d").only).toEqual(["manifest-get-digest", "blob-get-large"]);
    expect(parse("--only", "blob-get-large", "--only", "manifest-get-tag").only).toEqual([
      names[0],
      names[2],
    ]);
  });

  it("take registries by name and URL", () => {
    const { peers } = parse("--peer", "zot=http://127.0.0.1:5000/", "--peer", "other=https://r.example.com");
    expect(peers).toEqual([
      { name: "zot", url: "http://127.0.0.1:5000" },
      { name: "other", url: "https://r.example.com" },
    ]);
  });

  it.each([
    [["--onyl", "x"], "--only NAME"],
    [["stray"], "--only NAME"],
    [["--only", "push"], "manifest-get-tag\n  manifest-get-digest"],
    [["--rounds", "many"], "a number from 1 to 100"],
    [["--rounds", "0"], "a number from 1 to 100"],
    [["--peer", "zot"], "such as zot=http://127.0.0.1:5000"],
    [["--peer", "zot=ftp://x"], "such as zot=http://127.0.0.1:5000"],
  ])("say of %j what to do instead", (args, words) => {
    expect(() => parse(...args)).toThrow(UsageError);
    expect(() => parse(...args)).toThrow(words);
  });
});
