// The version is found from the source and from the compiled file alike.
import { describe, expect, it } from "vitest";
import { packageVersion } from "../../../src/cli/version.ts";

const root = new URL("../../../", import.meta.url);

describe("the version", () => {
  it.each(["src/cli/version.ts", "dist/src/cli/version.js"])("is found from %s", (file) => {
    expect(packageVersion(new URL(file, root).href)).toMatch(/^\d+\.\d+\.\d+/);
  });

  it("is unknown where no folder above has a package.json", () => {
    expect(packageVersion("file:///nowhere/at/all.js")).toBe("unknown");
  });
});
