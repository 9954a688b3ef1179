// Single faults in pushes of manifests: end-7.
import {
  at,
  code,
  inAnswer,
  inRequest,
  insteadOf,
  json,
  manifestDigest,
  manifestPath,
  manifestTag,
  otherDigest,
  status,
  when,
  withHeader,
  without,
  type Mutation,
} from "./faults.ts";
import type { Fault } from "../support/mutating-proxy.ts";

const get = at("GET", manifestPath);
const put = at("PUT", manifestPath);

export const manifestPushMutations: readonly Mutation[] = [
  {
    name: "PUT under a tag 200",
    group: "manifest-pushes",
    fault: inAnswer(at("PUT", manifestTag), status(201, 200)),
    red: [
      "manifest-put-again",
      "manifest-put-tag",
      "manifest-put-type-parameters",
      "manifest-put-unknown-type",
      "manifest-put-verbatim",
    ],
  },
  {
    name: "PUT under a digest 202",
    group: "manifest-pushes",
    fault: inAnswer(at("PUT", manifestDigest), status(201, 202)),
    red: ["manifest-put-digest"],
  },
  {
    name: "PUT without Location",
    group: "manifest-pushes",
    fault: inAnswer(put, without("location")),
    red: ["manifest-put-location"],
  },
  {
    name: "PUT without Docker-Content-Digest",
    group: "manifest-pushes",
    fault: inAnswer(put, without("docker-content-digest")),
    red: ["manifest-put-tag-digest-header"],
  },
  {
    name: "PUT with another Docker-Content-Digest",
    group: "manifest-pushes",
    fault: inAnswer(put, withHeader("docker-content-digest", otherDigest)),
    red: ["manifest-put-digest-header", "manifest-put-tag-digest-header"],
  },
  {
    name: "manifests written anew",
    group: "manifest-pushes",
    fault: inAnswer(
      get,
      when(
        200,
        json((value) => value),
      ),
    ),
    red: ["manifest-put-verbatim"],
  },
  {
    name: "parameters on the Content-Type given back",
    group: "manifest-pushes",
    fault: inAnswer(
      get,
      when(
        200,
        withHeader("content-type", (type) => `${type}; charset=utf-8`),
      ),
    ),
    red: ["manifest-put-type-parameters", "manifest-put-unknown-type"],
  },
  {
    name: "a large manifest 413",
    group: "limits",
    fault: insteadOf((request) => put(request) && request.body.length > 2 ** 21, 413),
    red: ["manifest-put-large"],
  },
  {
    name: "413 as 400",
    group: "limits",
    fault: inAnswer(put, status(413, 400)),
    red: ["manifest-put-too-large"],
  },
  {
    name: "what is wrong 201",
    group: "manifest-refusals",
    fault: inAnswer(put, status(400, 201)),
    red: ["manifest-put-invalid-json", "manifest-put-malformed-digest", "manifest-put-mismatch"],
  },
  {
    name: "a missing blob with another code",
    group: "manifest-refusals",
    fault: inAnswer(put, code("MANIFEST_BLOB_UNKNOWN", "BLOB_UNKNOWN")),
    red: ["manifest-put-missing-blob-code"],
  },
  {
    name: "a missing reference 500",
    group: "manifest-refusals",
    fault: inAnswer(put, status(404, 500)),
    red: ["manifest-put-missing-blob", "manifest-put-missing-child"],
  },
  {
    name: "no JSON with another code",
    group: "manifest-refusals",
    fault: inAnswer(put, code("MANIFEST_INVALID", "UNSUPPORTED")),
    red: ["manifest-put-invalid-json-code"],
  },
  {
    name: "a digest mismatch with another code",
    group: "manifest-refusals",
    fault: inAnswer(put, code("DIGEST_INVALID", "MANIFEST_INVALID")),
    red: ["manifest-put-mismatch-code"],
  },
  {
    name: "no OCI-Tag",
    group: "manifest-tags",
    fault: inAnswer(put, without("oci-tag")),
    red: ["tag-param-header", "tag-param-ten"],
  },
  {
    name: "one of the tags lost",
    group: "manifest-tags",
    fault: inRequest(put, (request) => {
      request.target = request.target.replace("&tag=b", "");
    }),
    red: ["tag-param-header", "tag-param-pull"],
  },
  {
    name: "a refused push that takes the tag away",
    group: "manifest-refusals",
    fault: tagLostByRefusal(),
    red: ["manifest-put-invalid-absent"],
  },
  {
    name: "a bad tag among the tags 202",
    group: "manifest-tags",
    fault: inAnswer(put, status(400, 202)),
    red: ["tag-param-invalid"],
  },
];

/** A push that is refused and yet takes the tag away. */
function tagLostByRefusal(): Fault {
  const lost = new Set<string>();
  return insteadOf((request) => {
    if (put(request) && request.body.includes("not json")) lost.add(request.target);
    return get(request) && lost.has(request.target);
  }, 404);
}
