// Which project a repository belongs to: the name says it, here as in the statements of the metadata store.
import fc from "fast-check";
import { expect, it } from "vitest";
import { projectOf } from "../../../auth/accounts/project-of.ts";

it.each([
  ["alpine", "library"],
  ["library/alpine", "library"],
  ["team/app", "team"],
  ["team/app/api", "team"],
  ["docker.io/library/alpine", "docker.io"],
])("%s belongs to %s", (repository, project) => {
  expect(projectOf(repository, "library")).toBe(project);
});

it("is the first segment of whatever has more than one", () => {
  const segment = fc.stringMatching(/^[a-z0-9]{1,8}$/);
  fc.assert(
    fc.property(segment, fc.array(segment, { minLength: 1 }), (first, more) => {
      expect(projectOf([first, ...more].join("/"), "library")).toBe(first);
    }),
  );
});
