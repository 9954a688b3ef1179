// end-2: GET and HEAD of blobs, whole.
import { Unsupported, type Check } from "../check.ts";
import { blob, emptyBlob, unknownDigest } from "../content.ts";
import {
  expectBytes,
  expectCode,
  expectEqual,
  expectHeader,
  expectNoOtherDigest,
  expectStatus,
} from "../expectations.ts";
import { pushBlob } from "../setup.ts";

export const blobChecks: readonly Check[] = [
  {
    id: "blob-get",
    ends: ["end-2"],
    level: "MUST",
    name: "GET of a blob answers 200 with its exact bytes",
    run: async (repository) => {
      const { digest, bytes } = await pushBlob(repository, blob(70_000));
      const answer = await repository.getBlob(digest);
      expectStatus(answer, 200);
      expectBytes(answer, bytes);
    },
  },
  {
    id: "blob-get-empty",
    ends: ["end-2"],
    level: "MUST",
    name: "GET of the empty blob answers 200 with no bytes",
    run: async (repository) => {
      const answer = await repository.getBlob((await pushBlob(repository, emptyBlob())).digest);
      expectStatus(answer, 200);
      expectEqual(answer, "the body's length", answer.body.length, 0);
    },
  },
  {
    id: "blob-get-digest",
    ends: ["end-2"],
    level: "MUST",
    name: "Docker-Content-Digest on GET of a blob, where present, is the digest of the body",
    run: async (repository) => {
      const { digest } = await pushBlob(repository, blob());
      const answer = await repository.getBlob(digest);
      if (answer.header("docker-content-digest") === undefined) throw new Unsupported("no such header");
      expectNoOtherDigest(answer, digest);
    },
  },
  {
    id: "blob-get-digest-present",
    ends: ["end-2"],
    level: "SHOULD",
    name: "GET of a blob carries Docker-Content-Digest",
    run: async (repository) => {
      expectHeader(
        await repository.getBlob((await pushBlob(repository, blob())).digest),
        "docker-content-digest",
      );
    },
  },
  {
    id: "blob-get-length",
    ends: ["end-2"],
    level: "SHOULD",
    name: "GET of a blob carries its size in Content-Length",
    run: async (repository) => {
      const answer = await repository.getBlob((await pushBlob(repository, blob(300))).digest);
      expectHeader(answer, "content-length", "300");
    },
  },
  {
    id: "blob-get-type",
    ends: ["end-2"],
    level: "SHOULD",
    name: "GET of a blob carries a Content-Type",
    run: async (repository) => {
      expectHeader(
        await repository.getBlob((await pushBlob(repository, blob())).digest),
        "content-type",
        /^[^/]+\/[^/]+$/,
      );
    },
  },
  {
    id: "blob-get-verbatim",
    ends: ["end-2"],
    level: "SHOULD",
    name: "a blob is not re-encoded for a client that accepts compression",
    run: async (repository) => {
      const { digest, bytes } = await pushBlob(repository, blob(4096));
      const answer = await repository.getBlob(digest, { "accept-encoding": "gzip, deflate, br, zstd" });
      expectEqual(answer, "Content-Encoding", answer.header("content-encoding") ?? "identity", "identity");
      expectBytes(answer, bytes);
    },
  },
  {
    id: "blob-get-unknown",
    ends: ["end-2"],
    level: "MUST",
    name: "GET of a blob that the repository does not have answers 404",
    run: async (repository) => {
      await pushBlob(repository, blob());
      expectStatus(await repository.getBlob(unknownDigest()), 404);
    },
  },
  {
    id: "blob-get-unknown-code",
    ends: ["end-2"],
    level: "SHOULD",
    name: "that 404 bears the code BLOB_UNKNOWN",
    run: async (repository) => {
      await pushBlob(repository, blob());
      expectCode(await repository.getBlob(unknownDigest()), "BLOB_UNKNOWN");
    },
  },
  {
    id: "blob-get-malformed-digest",
    ends: ["end-2"],
    level: "MUST",
    name: "GET of a blob under a malformed digest answers 400 or 404",
    run: async (repository) => expectStatus(await repository.getBlob("sha256:nonsense"), 400, 404),
  },
  {
    id: "blob-head",
    ends: ["end-2"],
    level: "MUST",
    name: "HEAD of a blob answers 200 without a body",
    run: async (repository) => {
      const answer = await repository.headBlob((await pushBlob(repository, blob())).digest);
      expectStatus(answer, 200);
      expectEqual(answer, "the body's length", answer.body.length, 0);
    },
  },
  {
    id: "blob-head-length",
    ends: ["end-2"],
    level: "SHOULD",
    name: "HEAD of a blob carries its size in Content-Length",
    run: async (repository) => {
      expectHeader(
        await repository.headBlob((await pushBlob(repository, blob(300))).digest),
        "content-length",
        "300",
      );
    },
  },
  {
    id: "blob-head-digest",
    ends: ["end-2"],
    level: "SHOULD",
    name: "HEAD of a blob carries its digest in Docker-Content-Digest",
    run: async (repository) => {
      const { digest } = await pushBlob(repository, blob());
      expectHeader(await repository.headBlob(digest), "docker-content-digest", digest);
    },
  },
  {
    id: "blob-head-like-get",
    ends: ["end-2"],
    level: "SHOULD",
    name: "HEAD of a blob says the same as GET: type, entity tag, Accept-Ranges",
    run: async (repository) => {
      const { digest } = await pushBlob(repository, blob());
      const [get, head] = [await repository.getBlob(digest), await repository.headBlob(digest)];
      for (const name of ["content-type", "etag", "accept-ranges"]) {
        expectEqual(head, name, head.header(name), get.header(name));
      }
    },
  },
  {
    id: "blob-head-unknown",
    ends: ["end-2"],
    level: "MUST",
    name: "HEAD of a blob that the repository does not have answers 404",
    run: async (repository) => {
      await pushBlob(repository, blob());
      expectStatus(await repository.headBlob(unknownDigest()), 404);
    },
  },
];
