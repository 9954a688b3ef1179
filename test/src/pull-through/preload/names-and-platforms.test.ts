// How images and platforms are written, and which of them mean the same.
import { describe, expect, it } from "vitest";
import { imagesInList } from "../../../../src/cli/mirror/image-list.ts";
import { parseImageReference } from "../../../../src/pull-through/preload/image-reference.ts";
import {
  fits,
  parsePlatform,
  platformOf,
  platformText,
} from "../../../../src/pull-through/preload/platform.ts";

const digest = `sha256:${"a".repeat(64)}`;

describe("an image", () => {
  it.each<[string, string, string, string]>([
    ["alpine", "docker.io", "alpine", "latest"],
    ["alpine:3.20", "docker.io", "alpine", "3.20"],
    ["library/alpine:3.20", "docker.io", "library/alpine", "3.20"],
    ["docker.io/library/alpine:3.20", "docker.io", "library/alpine", "3.20"],
    ["docker://quay.io/prometheus/prometheus", "quay.io", "prometheus/prometheus", "latest"],
    ["registry.k8s.io/pause:3.9", "registry.k8s.io", "pause", "3.9"],
    [`registry.k8s.io/pause:3.9@${digest}`, "registry.k8s.io", "pause", digest],
    [`registry.k8s.io/pause@${digest}`, "registry.k8s.io", "pause", digest],
    ["localhost/a", "localhost", "a", "latest"],
    ["registry:5000/team/app:1", "registry:5000", "team/app", "1"],
    ["registry:5000/team/app", "registry:5000", "team/app", "latest"],
  ])("%s is of %s, called %s, as %s", (text, host, name, wanted) => {
    const image = parseImageReference(text);
    const { reference } = image ?? {};
    expect(image).toMatchObject({ host, name });
    expect(reference?.kind === "tag" ? reference.tag : reference?.digest).toBe(wanted);
  });

  it.each(["", ":1", "alpine:", "alpine:a b", "alpine@latest", `a@${digest}@${digest}`, "alpine@sha256:12"])(
    "is not %j",
    (text) => expect(parseImageReference(text)).toBeUndefined(),
  );

  it("stands in a list on a line, with comments beside it", () => {
    expect(imagesInList("# ours\nalpine:3.20\r\n\n  quay.io/a/b:1  # why\n")).toEqual([
      "alpine:3.20",
      "quay.io/a/b:1",
    ]);
  });
});

describe("a platform", () => {
  it.each([
    ["linux/amd64", "linux/amd64", true],
    ["linux/amd64", "linux/arm64", false],
    ["linux/arm64", "linux/arm64/v8", true],
    ["linux/arm64/v8", "linux/arm64", true],
    ["linux/arm/v7", "linux/arm/v6", false],
    ["linux/arm/v7", "linux/arm", false],
    ["linux/arm", "linux/arm/v6", true],
    ["windows/amd64", "linux/amd64", false],
  ])("%s is had with %s: %s", (wanted, offered, expected) => {
    const [one, other] = [wanted, offered].map(parsePlatform);
    expect(one && other && fits(one, other)).toBe(expected);
  });

  it.each(["linux", "linux/", "/amd64", "linux/arm/v7/x", "Linux/amd64", ""])("is not %j", (text) => {
    expect(parsePlatform(text)).toBeUndefined();
  });

  it("of a machine has the architecture's name in Go", () => {
    expect(["x64", "arm64", "s390x"].map((name) => platformText(platformOf(name)))).toEqual([
      "linux/amd64",
      "linux/arm64",
      "linux/s390x",
    ]);
  });
});
