// Which rule makes which tag immutable.
import { describe, expect, it } from "vitest";
import { immutableTagsBy } from "../../../src/policies/immutable-tags.ts";

const ruleOf = immutableTagsBy([
  { name: "releases", repositories: ["team/*", "shop/**"], tags: ["v*", "1.*"], except: ["v*-rc*"] },
  { name: "all but latest", repositories: ["shop/**"], tags: ["*"], except: ["latest"] },
]);

const table: ReadonlyArray<readonly [repository: string, tag: string, rule: string | undefined]> = [
  ["team/app", "v1.0", "releases"],
  ["team/app", "1.0", "releases"],
  ["team/app", "latest", undefined],
  ["team/app/web", "v1.0", undefined],
  ["other/app", "v1.0", undefined],
  ["team/app", "v1.0-rc1", undefined],
  ["shop/app/web", "v1.0", "releases"],
  ["shop/app/web", "v1.0-rc1", "all but latest"],
  ["shop/app", "latest", undefined],
];

describe("immutable tags", () => {
  it.each(table)("%s:%s falls under %s", (repository, tag, rule) => {
    expect(ruleOf(repository, tag)).toBe(rule);
  });

  it("are none without a rule", () => {
    expect(immutableTagsBy([])("team/app", "v1.0")).toBeUndefined();
  });
});
