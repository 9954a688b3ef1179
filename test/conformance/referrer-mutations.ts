// Single faults in lists of referrers, and in what pushes say of their subject: end-12 and end-7.
import { digestOf } from "../../conformance/content.ts";
import {
  at,
  inAnswer,
  insteadOf,
  json,
  manifestPath,
  otherDigest,
  referrersPath,
  status,
  when,
  withHeader,
  without,
  withoutField,
  withoutParameter,
  type Mutation,
} from "./faults.ts";
import type { Fault } from "../support/mutating-proxy.ts";

const referrers = at("GET", referrersPath);
const put = at("PUT", manifestPath);

type Descriptor = Record<string, unknown>;

/** Every descriptor of a referrers list, changed in place. */
const eachDescriptor = (change: (descriptor: Descriptor) => void) =>
  json((value) => {
    for (const each of (value["manifests"] ?? []) as Descriptor[]) change(each);
  });

/** A registry that lists referrers only of subjects that it holds. */
function onlyForHeldSubjects(): Fault {
  const held = new Set<string>();
  return inAnswer(
    (request) => {
      if (put(request)) held.add(digestOf(request.body));
      return referrers(request);
    },
    (answer, request) => {
      const subject = /sha256:\w+/.exec(request.target)?.[0] ?? "";
      return (
        !held.has(subject) &&
        when(
          200,
          json((value) => ({ ...value, manifests: [] })),
        )(answer, request)
      );
    },
  );
}

export const referrerMutations: readonly Mutation[] = [
  {
    name: "another Content-Type",
    group: "referrers",
    fault: inAnswer(referrers, withHeader("content-type", "application/json")),
    red: ["referrers-type"],
  },
  {
    name: "no mediaType in the list",
    group: "referrers",
    fault: inAnswer(referrers, when(200, withoutField("mediaType"))),
    red: ["referrers-index"],
  },
  {
    name: "no annotations",
    group: "referrers",
    fault: inAnswer(
      referrers,
      when(
        200,
        eachDescriptor((each) => delete each["annotations"]),
      ),
    ),
    red: ["referrers-annotations"],
  },
  {
    name: "no artifactType",
    group: "referrers",
    fault: inAnswer(
      referrers,
      when(
        200,
        eachDescriptor((each) => delete each["artifactType"]),
      ),
    ),
    red: ["referrers-artifact-type", "referrers-config-type", "referrers-index-type"],
  },
  {
    name: "an artifactType where none is",
    group: "referrers",
    fault: inAnswer(
      referrers,
      when(
        200,
        eachDescriptor((each) => (each["artifactType"] ??= "application/x")),
      ),
    ),
    red: ["referrers-index-without-type"],
  },
  {
    name: "another size",
    group: "referrers",
    fault: inAnswer(
      referrers,
      when(
        200,
        eachDescriptor((each) => (each["size"] = Number(each["size"]) + 1)),
      ),
    ),
    red: ["referrers-descriptor"],
  },
  {
    name: "the last one missing",
    group: "referrers",
    fault: inAnswer(
      referrers,
      json((value) => {
        const manifests = value["manifests"] as Descriptor[] | undefined;
        return (manifests?.length ?? 0) > 1 ? { ...value, manifests: manifests?.slice(0, -1) } : value;
      }),
    ),
    red: ["referrers-several"],
  },
  {
    name: "an empty list 204",
    group: "referrers",
    fault: inAnswer(
      referrers,
      (answer, request) => answer.body.includes('"manifests":[]') && status(200, 204)(answer, request),
    ),
    red: ["referrers-index", "referrers-none", "referrers-own-repository"],
  },
  {
    name: "no referrers of what is not there",
    group: "referrers",
    fault: onlyForHeldSubjects(),
    red: ["referrers-missing-subject"],
  },
  {
    name: "a malformed digest 404",
    group: "referrers",
    fault: inAnswer(referrers, status(400, 404)),
    red: ["referrers-malformed-digest"],
  },
  {
    name: "no Link between the pages",
    group: "referrer-pages",
    fault: inAnswer(referrers, without("link")),
    red: ["referrers-large"],
  },
  {
    name: "the filter claimed and not applied",
    group: "referrer-changes",
    fault: {
      where: at("GET", /artifactType=/),
      changeRequest: withoutParameter("artifactType"),
      changeAnswer: withHeader("oci-filters-applied", "artifactType"),
    },
    red: ["referrers-filter", "referrers-filter-none"],
  },
  {
    name: "the filter applied and not claimed",
    group: "referrer-changes",
    fault: inAnswer(referrers, without("oci-filters-applied")),
    red: ["referrers-filter-header"],
  },
  {
    name: "the filter claimed where none was asked for",
    group: "referrer-changes",
    fault: inAnswer(at("GET", /\/referrers\/[^?]*$/), withHeader("oci-filters-applied", "artifactType")),
    red: ["referrers-unfiltered"],
  },
  {
    name: "no OCI-Subject",
    group: "referrer-changes",
    fault: inAnswer(at("PUT", manifestPath), without("oci-subject")),
    red: ["referrers-oci-subject"],
  },
  {
    name: "another OCI-Subject",
    group: "referrer-changes",
    fault: inAnswer(
      at("PUT", manifestPath),
      (answer, request) =>
        answer.headers.has("oci-subject") && withHeader("oci-subject", otherDigest)(answer, request),
    ),
    red: ["referrers-oci-subject"],
  },
  {
    name: "a referrer that stays after its delete",
    group: "referrer-changes",
    fault: insteadOf(at("DELETE", manifestPath), 202),
    red: ["referrers-after-delete"],
  },
  {
    name: "what the fallback tag lists twice",
    group: "referrer-changes",
    fault: inAnswer(
      at("GET", /referrers-fallback-tag\/referrers/),
      json((value) => ({
        ...value,
        manifests: (value["manifests"] as unknown[]).flatMap((each) => [each, each]),
      })),
    ),
    red: ["referrers-fallback-tag"],
  },
];
