// The examples of semver.org, and what tags have besides.
import { describe, expect, test } from "vitest";
import { comparePrecedence, parseSemanticVersion } from "../../../src/policies/semantic-version.ts";

function versionOf(text: string) {
  const version = parseSemanticVersion(text);
  if (version === undefined) throw new Error(`${text} is no version`);
  return version;
}

describe("precedence", () => {
  const ascending: readonly (readonly string[])[] = [
    ["1.0.0", "2.0.0", "2.1.0", "2.1.1"],
    ["1.0.0-alpha", "1.0.0"],
    [
      ...["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11"],
      ...["1.0.0-rc.1", "1.0.0"],
    ],
    ["1.9.0", "1.10.0", "1.11.0"],
    ["v1.2.3", "1.2.4", "v1.2.5"],
    ["1.0.0-A", "1.0.0-a", "1.0.0-a-b", "1.0.0-b"],
    ["1.0.0-99999999999999999999.1", "1.0.0-99999999999999999999.2", "99999999999999999999.0.0"],
  ];
  test.each(ascending)("is that of the specification: %s, %s …", (...texts) => {
    const versions = texts.map(versionOf);
    for (const [i, a] of versions.entries()) {
      for (const [j, b] of versions.entries()) {
        expect([texts[i], texts[j], Math.sign(comparePrecedence(a, b))]).toEqual([
          texts[i],
          texts[j],
          Math.sign(i - j),
        ]);
      }
    }
  });

  test.each([
    ["1.0.0", "v1.0.0"],
    ["1.0.0+20130313144700", "1.0.0+exp.sha.5114f85"],
    ["1.0.0-beta+exp.sha.5114f85", "1.0.0-beta"],
  ])("of %s and %s is the same", (a, b) => {
    expect(comparePrecedence(versionOf(a), versionOf(b))).toBe(0);
  });
});

describe("parsing", () => {
  test.each([
    ...[
      "0.0.4",
      "10.20.30",
      "1.1.2-prerelease+meta",
      "1.0.0-alpha.0valid",
      "1.0.0-alpha-a.b-c-somethinglong",
    ],
    ...[
      "1.0.0-0A.is.legal",
      "2.0.1-alpha.1227",
      "1.2.3----RC-SNAPSHOT.12.9.1--.12",
      "1.0.0+0.build.1-rc.10000aaa",
    ],
    ...["v1.2.3", "v1.2.3-rc.1"],
  ])("takes %s", (text) => {
    expect(parseSemanticVersion(text)).toBeDefined();
  });

  test.each([
    ...[
      "1",
      "1.2",
      "v1.2",
      "latest",
      "",
      "v",
      "1.2.3.4",
      "01.1.1",
      "1.01.1",
      "1.1.01",
      "1.2.3-0123",
      "1.2.3-0123.0123",
    ],
    ...[
      "1.1.2+.123",
      "+invalid",
      "-invalid",
      "alpha",
      "1.0.0-alpha..1",
      "1.2.3.DEV",
      "1.2-SNAPSHOT",
      "1.2.3-",
      "1.2.3+",
    ],
    ...["V1.2.3", "vv1.2.3", " 1.2.3", "1.2.3\n", `1.2.3-${"a".repeat(128)}`],
  ])("does not take %j", (text) => {
    expect(parseSemanticVersion(text)).toBeUndefined();
  });
});
