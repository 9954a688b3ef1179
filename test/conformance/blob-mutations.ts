// Single faults in what is said about blobs that are there: end-2.
import {
  at,
  blobPath,
  body,
  code,
  flippedByte,
  inAnswer,
  inRequest,
  otherDigest,
  status,
  when,
  withHeader,
  without,
  type Mutation,
} from "./faults.ts";

const get = at("GET", blobPath);
const head = at("HEAD", blobPath);
const group = "blobs";
const ranges = "blob-ranges";
const parts = ["range-beyond-end", "range-open-ended", "range-single", "range-suffix"];

export const blobMutations: readonly Mutation[] = [
  { name: "GET 203", group, fault: inAnswer(get, status(200, 203)), red: ["blob-get", "blob-get-empty"] },
  {
    name: "a byte changed",
    group,
    fault: inAnswer(get, when(200, flippedByte)),
    red: ["blob-get", "blob-get-verbatim"],
  },
  {
    name: "the last byte missing",
    group,
    fault: inAnswer(
      get,
      when(
        200,
        body((bytes) => bytes.subarray(0, -1)),
      ),
    ),
    red: ["blob-get", "blob-get-length", "blob-get-verbatim"],
  },
  {
    name: "a byte too many",
    group,
    fault: inAnswer(
      get,
      when(
        200,
        body((bytes) => Buffer.concat([bytes, Buffer.from("\n")])),
      ),
    ),
    red: ["blob-get", "blob-get-empty", "blob-get-length", "blob-get-verbatim"],
  },
  {
    name: "no Docker-Content-Digest",
    group,
    fault: inAnswer(get, without("docker-content-digest")),
    red: ["blob-get-digest-present"],
  },
  {
    name: "another Docker-Content-Digest",
    group,
    fault: inAnswer(get, when(200, withHeader("docker-content-digest", otherDigest))),
    red: ["blob-get-digest"],
  },
  {
    name: "no Content-Length",
    group,
    fault: inAnswer(get, without("content-length")),
    red: ["blob-get-length"],
  },
  {
    name: "no Content-Type",
    group,
    fault: inAnswer(get, when(200, without("content-type"))),
    red: ["blob-get-type", "blob-head-like-get"],
  },
  {
    name: "labelled as compressed",
    group,
    fault: inAnswer(get, when(200, withHeader("content-encoding", "gzip"))),
    red: ["blob-get-verbatim"],
  },
  { name: "GET of nothing 403", group, fault: inAnswer(get, status(404, 403)), red: ["blob-get-unknown"] },
  {
    name: "another code",
    group,
    fault: inAnswer(get, code("BLOB_UNKNOWN", "MANIFEST_UNKNOWN")),
    red: ["blob-get-unknown-code"],
  },
  {
    name: "a malformed digest 500",
    group,
    fault: inAnswer(get, status(400, 500)),
    red: ["blob-get-malformed-digest"],
  },
  { name: "HEAD 204", group, fault: inAnswer(head, status(200, 204)), red: ["blob-head"] },
  { name: "HEAD of nothing 200", group, fault: inAnswer(head, status(404, 200)), red: ["blob-head-unknown"] },
  {
    name: "HEAD with another Content-Length",
    group,
    fault: inAnswer(
      head,
      when(
        200,
        withHeader("content-length", (size) => String(Number(size) + 1)),
      ),
    ),
    red: ["blob-head-length"],
  },
  {
    name: "HEAD without Docker-Content-Digest",
    group,
    fault: inAnswer(head, without("docker-content-digest")),
    red: ["blob-head-digest"],
  },
  {
    name: "HEAD with another ETag",
    group,
    fault: inAnswer(head, withHeader("etag", '"x"')),
    red: ["blob-head-like-get"],
  },
  {
    name: "HEAD without Accept-Ranges",
    group,
    fault: inAnswer(head, without("accept-ranges")),
    red: ["blob-head-like-get"],
  },
  { name: "206 as 200", group: ranges, fault: inAnswer(get, status(206, 200)), red: parts },
  {
    name: "a byte of a 206 changed",
    group: ranges,
    fault: inAnswer(get, when(206, flippedByte)),
    red: parts,
  },
  {
    name: "another Content-Range",
    group: ranges,
    fault: inAnswer(
      get,
      when(
        206,
        withHeader("content-range", (range) => range.replace("bytes 1", "bytes 2")),
      ),
    ),
    red: ["range-content-range"],
  },
  {
    name: "a 206 without Content-Length",
    group: ranges,
    fault: inAnswer(get, when(206, without("content-length"))),
    red: ["range-content-length"],
  },
  {
    name: "a suffix read as a beginning",
    group: ranges,
    fault: inRequest(get, ({ headers }) => {
      if (headers.get("range") === "bytes=-10") headers.set("range", "bytes=0-10");
    }),
    red: ["range-suffix"],
  },
  {
    name: "a range that ends outside 416",
    group: ranges,
    fault: inRequest(get, ({ headers }) => {
      if (headers.get("range") === "bytes=990-5000") headers.set("range", "bytes=5000-");
    }),
    red: ["range-beyond-end"],
  },
  { name: "416 as 400", group: ranges, fault: inAnswer(get, status(416, 400)), red: ["range-unsatisfiable"] },
  {
    name: "a 416 without Content-Range",
    group: ranges,
    fault: inAnswer(get, when(416, without("content-range"))),
    red: ["range-unsatisfiable-size"],
  },
  {
    name: "another unit read as bytes",
    group: ranges,
    fault: inRequest(get, ({ headers }) => {
      if (headers.get("range")?.startsWith("lines=") === true) headers.set("range", "bytes=1-2");
    }),
    red: ["range-unknown-unit"],
  },
];
