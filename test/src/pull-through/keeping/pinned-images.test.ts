// Patterns of images that stay.
import { expect, test } from "vitest";
import { pinnedBy } from "../../../../src/pull-through/keeping/pinned-images.ts";
import { digestFor } from "../../../contracts/metadata-store-fixture.ts";

const digest = digestFor("image");

test.each([
  ["docker.io/library/alpine:3.20", "docker.io/library/alpine", ["3.20"], true],
  ["docker.io/library/alpine:3.*", "docker.io/library/alpine", ["latest", "3.20"], true],
  ["docker.io/library/alpine:3.20", "docker.io/library/alpine", ["3.21"], false],
  ["docker.io/library/alpine:3.20", "docker.io/library/alpine", [], false],
  ["docker.io/library/alpine", "docker.io/library/alpine", [], true],
  ["docker.io/library/*", "docker.io/library/alpine", ["3.20"], true],
  ["docker.io/*", "docker.io/library/alpine", ["3.20"], false],
  ["docker.io/**", "docker.io/library/alpine", [], true],
  ["docker.io/**:v1", "docker.io/library/alpine", ["v1"], true],
  ["docker.io/**:v1", "docker.io/library/alpine", ["v2"], false],
  ["relay:5000/app", "relay:5000/app", ["v1"], true],
  ["relay:5000/app:v2", "relay:5000/app", ["v1"], false],
  [`docker.io/app@${digest}`, "docker.io/app", [], true],
  [`docker.io/app@${digestFor("other")}`, "docker.io/app", ["v1"], false],
])("%s and %s with tags %j: %s", (pattern, repository, tags, expected) => {
  expect(pinnedBy([pattern])({ repository, digest, tags })).toBe(expected);
  expect(pinnedBy(["quay.io/**", pattern])({ repository, digest, tags })).toBe(expected);
  expect(pinnedBy([])({ repository, digest, tags })).toBe(false);
});
