// Single faults in uploads, whole and in chunks: end-4, end-5, end-6.
import {
  at,
  blobPath,
  code,
  inAnswer,
  inRequest,
  insteadOf,
  oneMore,
  otherDigest,
  status,
  uploadPath,
  uploadsPath,
  when,
  withHeader,
  without,
  type Mutation,
} from "./faults.ts";

const post = at("POST", uploadsPath);
const whole = at("POST", /\?digest=/);
const patch = at("PATCH", uploadPath);
const put = at("PUT", uploadPath);
const ask = at("GET", uploadPath);

const wholeUploads: readonly Mutation[] = [
  { name: "POST 200", group: "blob-uploads", fault: inAnswer(post, status(202, 200)), red: ["upload-post"] },
  {
    name: "POST without Location",
    group: "blob-uploads",
    fault: inAnswer(post, without("location")),
    red: ["upload-post-location", "upload-post-slashless"],
  },
  {
    name: "the slashless twin 500",
    group: "blob-uploads",
    fault: insteadOf(at("POST", /\/uploads$/), 500),
    red: ["upload-post-slashless"],
  },
  {
    name: "the closing PUT 200",
    group: "blob-uploads",
    fault: inAnswer(put, status(201, 200)),
    red: ["upload-put", "upload-put-again", "upload-put-empty", "upload-put-streamed"],
  },
  {
    name: "PUT without Location",
    group: "blob-uploads",
    fault: inAnswer(put, without("location")),
    red: ["upload-put-location"],
  },
  {
    name: "PUT with the Location of another blob",
    group: "blob-uploads",
    fault: inAnswer(
      put,
      withHeader("location", (before) => before.replace(/sha256:\w+/, otherDigest)),
    ),
    red: ["upload-put-location"],
  },
  {
    name: "PUT with another Docker-Content-Digest",
    group: "blob-uploads",
    fault: inAnswer(put, when(201, withHeader("docker-content-digest", otherDigest))),
    red: ["upload-put-digest"],
  },
  {
    name: "a mismatch 201",
    group: "blob-uploads",
    fault: inAnswer(put, status(400, 201)),
    red: ["upload-put-malformed-digest", "upload-put-mismatch", "upload-put-without-digest"],
  },
  {
    name: "a mismatch with another code",
    group: "blob-uploads",
    fault: inAnswer(put, code("DIGEST_INVALID", "BLOB_UPLOAD_INVALID")),
    red: ["upload-put-mismatch-code"],
  },
  {
    name: "a blob that stays after a mismatch",
    group: "blob-uploads",
    fault: inAnswer(at("GET", blobPath), status(404, 200)),
    red: ["upload-put-mismatch-absent"],
  },
  {
    name: "a single POST 200",
    group: "single-posts",
    fault: inAnswer(whole, status(201, 200)),
    red: ["single-post"],
  },
  {
    name: "a single POST without Location",
    group: "single-posts",
    fault: inAnswer(whole, without("location")),
    red: ["single-post-location"],
  },
  {
    name: "a mismatch in a single POST 201",
    group: "single-posts",
    fault: inAnswer(whole, status(400, 201)),
    red: ["single-post-mismatch"],
  },
  {
    name: "an unknown algorithm 500",
    group: "single-posts",
    fault: inAnswer(post, status(400, 500)),
    red: ["digest-algorithm-unknown", "single-post-mismatch"],
  },
  {
    name: "a sha512 digest 500",
    group: "single-posts",
    fault: insteadOf(at("PUT", /digest=sha512/), 500),
    red: ["digest-algorithm"],
  },
  {
    name: "another algorithm than announced 500",
    group: "single-posts",
    fault: insteadOf(at("PUT", /digest=sha256/), 500),
    red: ["digest-algorithm-mismatch"],
  },
];

const chunks: readonly Mutation[] = [
  {
    name: "PATCH 204",
    group: "chunked-uploads",
    fault: inAnswer(patch, status(202, 204)),
    red: ["patch", "patch-streamed", "patch-without-range"],
  },
  {
    name: "PATCH without Location",
    group: "chunked-uploads",
    fault: inAnswer(patch, without("location")),
    red: ["patch-location"],
  },
  {
    name: "PATCH without Range",
    group: "chunked-uploads",
    fault: inAnswer(patch, without("range")),
    red: ["patch-range"],
  },
  {
    name: "PATCH with a Range one too long",
    group: "chunked-uploads",
    fault: inAnswer(patch, withHeader("range", oneMore)),
    red: ["patch-range"],
  },
  {
    name: "the closing PUT 202",
    group: "chunked-uploads",
    fault: inAnswer(put, status(201, 202)),
    red: ["patch-close", "patch-last-chunk-in-put", "patch-streamed", "patch-without-range"],
  },
  {
    name: "the closing PUT without Location",
    group: "chunked-uploads",
    fault: inAnswer(put, without("location")),
    red: ["patch-close-location"],
  },
  {
    name: "a byte of what comes without Content-Range changed",
    group: "chunked-uploads",
    fault: inRequest(patch, ({ headers, body }) => {
      if (!headers.has("content-range")) body[0] = body[0]! ^ 1;
    }),
    red: ["patch-streamed", "patch-without-range"],
  },
  {
    name: "the body of the closing PUT lost",
    group: "chunked-uploads",
    fault: inRequest(put, (request) => {
      request.headers.delete("content-range");
      request.headers.set("content-length", "0");
      request.body = Buffer.alloc(0);
    }),
    red: ["patch-last-chunk-in-put"],
  },
  {
    name: "a wrong Content-Range 202",
    group: "chunked-uploads",
    fault: inAnswer(patch, status([400, 416], 202)),
    red: ["patch-length-mismatch", "patch-malformed-range"],
  },
  {
    name: "a mismatch at the close 201",
    group: "chunked-uploads",
    fault: inAnswer(put, status(400, 201)),
    red: ["patch-mismatch"],
  },
  {
    name: "PATCH out of order 202",
    group: "chunk-order",
    fault: inAnswer(patch, status(416, 202)),
    red: ["order-first-not-zero", "order-patch-gap", "order-patch-repeated"],
  },
  {
    name: "PUT out of order 400",
    group: "chunk-order",
    fault: inAnswer(put, status(416, 400)),
    red: ["order-put-gap"],
  },
  {
    name: "a 416 with another Range",
    group: "chunk-order",
    fault: inAnswer(patch, when(416, withHeader("range", oneMore))),
    red: ["order-416-tells-range"],
  },
  {
    name: "a session that ends with a 416",
    group: "chunk-order",
    fault: insteadOf(ask, 404),
    red: ["order-patch-recovers", "order-put-recovers"],
  },
];

export const uploadMutations: readonly Mutation[] = [...wholeUploads, ...chunks];
