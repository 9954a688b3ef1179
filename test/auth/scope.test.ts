// The words in which access is asked for, as anybody may write them.
import { describe, expect, it } from "vitest";
import { parseScope, parseScopes } from "../../auth/scope.ts";

describe("a scope", () => {
  it.each([
    ["repository:team/app:pull", "team/app", ["pull"]],
    ["repository:team/app:push,pull", "team/app", ["pull", "push"]],
    ["repository(plugin):team/app:pull", "team/app", ["pull"]],
    ["repository:localhost:5000/team/app:pull", "localhost:5000/team/app", ["pull"]],
    ["repository:localhost:5000:pull", "localhost:5000", ["pull"]],
    ["repository:team/app:*", "team/app", ["pull", "push", "delete"]],
  ])("%s is for %s", (text, name, actions) => {
    expect(parseScope(text)).toEqual({ type: "repository", name, actions });
  });

  it.each([
    "repository:localhost:port/team/app:pull",
    "repository:localhost:5000:6000/app:pull",
    "repository:localhost::pull",
    "repository:team/app",
    "repository:team/app:",
    "repository::pull",
    ":team/app:pull",
    "",
  ])("%j is none", (text) => {
    expect(parseScope(text)).toBeUndefined();
  });

  // Reading it must not cost the square of its length: that would be half a minute, in which nobody else is served.
  it.each([
    ["digits where a port may be", `repository:a:${"1".repeat(150_000)}`],
    ["colons", `repository${":".repeat(150_000)}`],
    ["commas", `repository:a:${",".repeat(150_000)}!`],
    ["letters", "a".repeat(150_000)],
    ["brackets", `a${"(".repeat(150_000)}`],
  ])(
    "that is 150,000 %s is turned down as quickly as it is read",
    (_, text) => {
      expect(parseScopes([text])).toEqual([]);
    },
    10_000,
  );
});
