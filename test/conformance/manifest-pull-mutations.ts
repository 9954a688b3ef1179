// Single faults in pulls of manifests (end-3), and in conditional requests.
import {
  at,
  code,
  flippedByte,
  inAnswer,
  inRequest,
  insteadOf,
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

const get = at("GET", manifestPath);
const head = at("HEAD", manifestPath);
const put = at("PUT", manifestPath);

const pulls: readonly Mutation[] = [
  {
    name: "a byte changed under a tag",
    group: "manifest-pulls",
    fault: inAnswer(at("GET", manifestTag), when(200, flippedByte)),
    red: ["manifest-get-any-accept", "manifest-get-tag", "manifest-tag-moves"],
  },
  {
    name: "a byte changed under a digest",
    group: "manifest-pulls",
    fault: inAnswer(at("GET", manifestDigest), when(200, flippedByte)),
    red: ["manifest-get-digest", "manifest-tag-moves"],
  },
  {
    name: "GET 203",
    group: "manifest-pulls",
    fault: inAnswer(get, status(200, 203)),
    red: ["manifest-get-any-accept", "manifest-get-digest", "manifest-get-tag"],
  },
  {
    name: "another Content-Type",
    group: "manifest-pulls",
    fault: inAnswer(get, when(200, withHeader("content-type", "application/json"))),
    red: ["manifest-get-type", "manifest-head-like-get"],
  },
  {
    name: "another Content-Length on HEAD",
    group: "manifest-pulls",
    fault: inAnswer(
      head,
      when(
        200,
        withHeader("content-length", (size) => `${size}0`),
      ),
    ),
    red: ["manifest-head-length"],
  },
  {
    name: "no Content-Length on GET",
    group: "manifest-pulls",
    fault: inAnswer(get, without("content-length")),
    red: ["manifest-get-length"],
  },
  {
    name: "no Docker-Content-Digest on GET",
    group: "manifest-pulls",
    fault: inAnswer(get, without("docker-content-digest")),
    red: ["manifest-get-digest-present"],
  },
  {
    name: "another Docker-Content-Digest on GET",
    group: "manifest-pulls",
    fault: inAnswer(get, when(200, withHeader("docker-content-digest", otherDigest))),
    red: ["manifest-get-digest-header"],
  },
  {
    name: "no Docker-Content-Digest on HEAD",
    group: "manifest-pulls",
    fault: inAnswer(head, without("docker-content-digest")),
    red: ["manifest-head-digest"],
  },
  {
    name: "HEAD 202",
    group: "manifest-pulls",
    fault: inAnswer(head, status(200, 202)),
    red: ["manifest-head"],
  },
  {
    name: "HEAD of nothing 200",
    group: "manifest-pulls",
    fault: inAnswer(head, status(404, 200)),
    red: ["manifest-unknown-digest", "manifest-unknown-tag"],
  },
  {
    name: "GET of nothing 410",
    group: "manifest-pulls",
    fault: inAnswer(get, status(404, 410)),
    red: ["manifest-unknown-digest", "manifest-unknown-repository", "manifest-unknown-tag"],
  },
  {
    name: "another code",
    group: "manifest-pulls",
    fault: inAnswer(get, code("MANIFEST_UNKNOWN", "BLOB_UNKNOWN")),
    red: ["manifest-unknown-code"],
  },
  {
    name: "404 without a fitting Accept",
    group: "manifest-pulls",
    fault: insteadOf(
      (request) => get(request) && !(request.headers.get("accept") ?? "").includes("oci"),
      404,
    ),
    red: ["manifest-get-any-accept"],
  },
  {
    name: "a malformed digest 500",
    group: "manifest-pulls",
    fault: inAnswer(get, status(400, 500)),
    red: ["manifest-get-malformed-digest"],
  },
];

const conditions: readonly Mutation[] = [
  {
    name: "304 as 200",
    group: "conditions",
    fault: inAnswer(at("GET", /./), status(304, 200)),
    red: ["etag-blob", "etag-manifest"],
  },
  {
    name: "304 whatever there is now",
    group: "conditions",
    fault: insteadOf((request) => get(request) && request.headers.has("if-none-match"), 304),
    red: ["etag-manifest-changed"],
  },
  {
    name: "If-Range ignored",
    group: "conditions",
    fault: inRequest(at("GET", /./), ({ headers }) => headers.delete("if-range")),
    red: ["if-range"],
  },
  {
    name: "412 as 409",
    group: "conditions",
    fault: inAnswer(put, status(412, 409)),
    red: ["put-if-absent", "put-if-match-stale"],
  },
  {
    name: "412 to every condition",
    group: "conditions",
    fault: insteadOf(
      (request) => put(request) && ["if-match", "if-none-match"].some((name) => request.headers.has(name)),
      412,
    ),
    red: ["put-if-absent-new", "put-if-match"],
  },
  {
    name: "412 and yet the tag moves",
    group: "conditions",
    fault: {
      where: (request) => put(request) && request.headers.has("if-none-match"),
      changeRequest: ({ headers }) => headers.delete("if-none-match"),
      changeAnswer: status(201, 412),
    },
    red: ["put-if-absent", "put-if-absent-new"],
  },
];

export const manifestPullMutations: readonly Mutation[] = [...pulls, ...conditions];
