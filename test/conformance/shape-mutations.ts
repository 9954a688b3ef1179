// Single faults in what becomes of the data sets: fields, lists and digests of manifests, and sha512.
import { emptyBlob } from "../../conformance/content.ts";
import type { Fault } from "../support/mutating-proxy.ts";
import {
  at,
  inAnswer,
  insteadOf,
  json,
  manifestPath,
  otherDigest,
  status,
  uploadPath,
  when,
  withHeader,
  withoutField,
  type Mutation,
} from "./faults.ts";

const get = at("GET", manifestPath);
const head = at("HEAD", manifestPath);
const put = at("PUT", manifestPath);
const upload = at("PUT", uploadPath);

const refusedIf = (part: string): Fault =>
  insteadOf((request) => put(request) && request.body.includes(part), 400);

/** The list under `field` backwards. */
const backwards = (field: string) =>
  when(
    200,
    json((value) => {
      const list = value[field];
      return Array.isArray(list) ? { ...value, [field]: list.toReversed() } : value;
    }),
  );

export const shapeMutations: readonly Mutation[] = [
  {
    name: "a subject that is not there 404",
    group: "manifest-shapes",
    fault: insteadOf((request) => put(request) && request.body.includes('"subject"'), 404),
    red: ["shape-index-missing-subject", "shape-missing-subject", "shape-subject"],
  },
  {
    name: "unknown fields dropped",
    group: "manifest-shapes",
    fault: inAnswer(get, when(200, withoutField("com.example.field"))),
    red: ["shape-custom-fields"],
  },
  {
    name: "artifactType dropped",
    group: "manifest-shapes",
    fault: inAnswer(get, when(200, withoutField("artifactType"))),
    red: ["shape-artifact", "shape-artifact-index", "shape-subject"],
  },
  {
    name: "empty layers dropped",
    group: "manifest-shapes",
    fault: inAnswer(
      get,
      when(
        200,
        json((value) => ({ ...value, layers: value["layers"]?.toString() === "" ? null : value["layers"] })),
      ),
    ),
    red: ["shape-missing-subject", "shape-no-layers", "shape-subject"],
  },
  {
    name: "Docker's media types refused with 400",
    group: "manifest-shapes",
    fault: insteadOf(
      (request) => put(request) && (request.headers.get("content-type") ?? "").includes("docker"),
      400,
    ),
    red: ["shape-docker-image", "shape-docker-list"],
  },
  {
    name: "a sha256 digest on the HEAD of a sha512 manifest",
    group: "sha512",
    fault: inAnswer(head, withHeader("docker-content-digest", otherDigest)),
    red: ["sha512-manifest-head"],
  },
  {
    name: "a sha256 digest on the GET of a sha512 manifest",
    group: "sha512",
    fault: inAnswer(get, withHeader("docker-content-digest", otherDigest)),
    red: ["sha512-manifest"],
  },
  {
    name: "layers backwards",
    group: "manifest-shapes",
    fault: inAnswer(get, backwards("layers")),
    red: ["shape-foreign-layer", "shape-image", "shape-index"],
  },
  {
    name: "an index backwards",
    group: "manifest-shapes",
    fault: inAnswer(get, backwards("manifests")),
    red: ["shape-index", "shape-nested-index"],
  },
  {
    name: "an empty index 400",
    group: "manifest-shapes",
    fault: refusedIf('"manifests":[]'),
    red: ["shape-empty-index"],
  },
  {
    name: "an empty layer 400",
    group: "manifest-shapes",
    fault: refusedIf(emptyBlob().digest),
    red: ["shape-empty-layer"],
  },
  {
    name: "a descriptor with data 400",
    group: "manifest-shapes",
    fault: refusedIf('"data":'),
    red: ["shape-data-field"],
  },
  {
    name: "a sha512 blob 404",
    group: "sha512",
    fault: insteadOf(at("GET", /blobs\/sha512:/), 404),
    red: ["sha512-blob"],
  },
  {
    name: "a sha512 digest at the end of a chunked upload 500",
    group: "sha512",
    fault: insteadOf((request) => upload(request) && request.body.length === 0, 500),
    red: ["sha512-blob-chunked"],
  },
  {
    name: "a sha256 digest on the PUT of a sha512 blob",
    group: "sha512",
    fault: inAnswer(upload, when(201, withHeader("docker-content-digest", otherDigest))),
    red: ["sha512-blob-digest"],
  },
  {
    name: "a sha512 blob that is another 201",
    group: "sha512",
    fault: inAnswer(upload, status(400, 201)),
    red: ["sha512-blob-mismatch"],
  },
  {
    name: "a sha512 manifest that is another 201",
    group: "sha512",
    fault: inAnswer(put, status(400, 201)),
    red: ["sha512-manifest-mismatch"],
  },
];
