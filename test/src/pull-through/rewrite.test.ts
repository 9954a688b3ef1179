import { describe, expect, it } from "vitest";
import { rewriteBy } from "../../../src/pull-through/rewrite.ts";

const digest = `sha256:${"a".repeat(64)}`;
const flattened = [
  { from: "coredns/coredns:v(.*)", to: "google_containers/coredns:$1" },
  { from: "(.*)", to: "google_containers/$1" },
];

const rows: ReadonlyArray<
  readonly [
    what: string,
    rules: readonly { from: string; to: string }[],
    name: string,
    reference: string,
    places: readonly string[],
  ]
> = [
  ["no rule", [], "pause", "3.9", ["pause 3.9"]],
  ["a rule over name and tag", flattened, "coredns/coredns", "v1.8.6", ["google_containers/coredns 1.8.6"]],
  [
    "the next rule where the tag does not fit",
    flattened,
    "coredns/coredns",
    "1.8.6",
    ["google_containers/coredns/coredns 1.8.6"],
  ],
  ["a rule over the name", flattened, "pause", "3.9", ["google_containers/pause 3.9"]],
  [
    "a digest, at each place that its tag may have led to",
    flattened,
    "coredns/coredns",
    digest,
    [`google_containers/coredns ${digest}`, `google_containers/coredns/coredns ${digest}`],
  ],
  ["a rule that fits only part of the name", [{ from: "aus", to: "x" }], "pause", "3.9", ["pause 3.9"]],
  ["a group that is not kept", [{ from: "(?:k8s|kube)/(.*)", to: "$1" }], "kube/proxy", "v1", ["proxy v1"]],
  [
    "the same group for a digest",
    [{ from: "(?:k8s|kube)/(.*)", to: "$1" }],
    "kube/proxy",
    digest,
    [`proxy ${digest}`],
  ],
  ["a colon inside of a group, for tags", [{ from: "(a:1|b:2)", to: "c:3" }], "b", "2", ["c 3"]],
  [
    "a colon inside of a group, for digests",
    [{ from: "(a:1|b:2)", to: "c:3" }],
    "b",
    digest,
    [`b ${digest}`],
  ],
];

describe("what an image is called at a source", () => {
  it.each(rows)("%s", (_, rules, name, reference, places) => {
    const there = rewriteBy(rules)(name, reference);
    expect(there.map((place) => `${place.name} ${place.reference}`)).toEqual(places);
  });
});
