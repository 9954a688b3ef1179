// end-5 and end-6: a blob in pieces, in order.
import type { Check } from "../check.ts";
import { blob, unknownDigest, type Content } from "../content.ts";
import { expectBytes, expectHeader, expectLocation, expectStatus } from "../expectations.ts";
import type { Repository } from "../repository.ts";
import {
  locationOf,
  openChunkedUpload,
  openUpload,
  patchChunk,
  putUpload,
  sendChunk,
  withQuery,
} from "../setup.ts";

const octets = { "content-type": "application/octet-stream" };

/** A session with the first of two chunks in it. */
async function halfUploaded(
  repository: Repository,
): Promise<{ session: string; whole: Content; at: number }> {
  const { session, chunkBytes } = await openChunkedUpload(repository);
  const whole = blob(chunkBytes * 2);
  const next = await sendChunk(repository, session, whole.bytes.subarray(0, chunkBytes), 0);
  return { session: next, whole, at: chunkBytes };
}

export const chunkedUploadChecks: readonly Check[] = [
  {
    id: "patch",
    ends: ["end-5"],
    level: "MUST",
    name: "PATCH with a chunk and its Content-Range answers 202, the first time and the second",
    run: async (repository) => {
      const { session, chunkBytes } = await openChunkedUpload(repository);
      const { bytes } = blob(chunkBytes * 2);
      const first = await patchChunk(repository, session, bytes.subarray(0, chunkBytes), 0);
      expectStatus(first, 202);
      expectStatus(
        await patchChunk(repository, locationOf(first), bytes.subarray(chunkBytes), chunkBytes),
        202,
      );
    },
  },
  {
    id: "patch-location",
    ends: ["end-5"],
    level: "MUST",
    name: "the 202 to a chunk has a Location for the next one",
    run: async (repository) => {
      const { session, chunkBytes } = await openChunkedUpload(repository);
      expectLocation(await patchChunk(repository, session, blob(chunkBytes).bytes, 0));
    },
  },
  {
    id: "patch-range",
    ends: ["end-5"],
    level: "MUST",
    name: "the 202 to a chunk tells in Range what has arrived: 0-<last byte>",
    run: async (repository) => {
      const { session, whole, at } = await halfUploaded(repository);
      const answer = await patchChunk(repository, session, whole.bytes.subarray(at), at);
      expectHeader(answer, "range", `0-${whole.bytes.length - 1}`);
    },
  },
  {
    id: "patch-close",
    ends: ["end-6"],
    level: "MUST",
    name: "PUT without a body after the last chunk answers 201 and the blob is whole",
    run: async (repository) => {
      const { session, whole, at } = await halfUploaded(repository);
      const next = await sendChunk(repository, session, whole.bytes.subarray(at), at);
      expectStatus(await putUpload(repository, next, whole.digest), 201);
      expectBytes(await repository.getBlob(whole.digest), whole.bytes);
    },
  },
  {
    id: "patch-close-location",
    ends: ["end-6"],
    level: "MUST",
    name: "the 201 that closes a chunked upload has a Location from which the blob can be pulled",
    run: async (repository) => {
      const { session, whole, at } = await halfUploaded(repository);
      const next = await sendChunk(repository, session, whole.bytes.subarray(at), at);
      const answer = await putUpload(repository, next, whole.digest);
      expectStatus(await repository.send("GET", expectLocation(answer)), 200);
    },
  },
  {
    id: "patch-last-chunk-in-put",
    ends: ["end-6"],
    level: "MUST",
    name: "the last chunk may come with the closing PUT",
    run: async (repository) => {
      const { session, whole, at } = await halfUploaded(repository);
      const headers = { ...octets, "content-range": `${at}-${whole.bytes.length - 1}` };
      const url = withQuery(session, `digest=${whole.digest}`);
      expectStatus(await repository.send("PUT", url, { headers, body: whole.bytes.subarray(at) }), 201);
      expectBytes(await repository.getBlob(whole.digest), whole.bytes);
    },
  },
  {
    id: "patch-without-range",
    ends: ["end-5"],
    level: "SHOULD",
    name: "PATCH without Content-Range appends what it carries",
    run: async (repository) => {
      const { session, whole, at } = await halfUploaded(repository);
      const answer = await repository.send("PATCH", session, {
        headers: octets,
        body: whole.bytes.subarray(at),
      });
      expectStatus(answer, 202);
      expectStatus(await putUpload(repository, locationOf(answer), whole.digest), 201);
    },
  },
  {
    id: "patch-streamed",
    ends: ["end-5"],
    level: "MUST",
    name: "PATCH with chunked transfer encoding and no Content-Range answers 202, and its bytes are kept",
    run: async (repository) => {
      const { digest, bytes } = blob(50_000);
      const body = [bytes.subarray(0, 1), bytes.subarray(1, 30_000), bytes.subarray(30_000)];
      const answer = await repository.send("PATCH", await openUpload(repository), { headers: octets, body });
      expectStatus(answer, 202);
      expectStatus(await putUpload(repository, locationOf(answer), digest), 201);
      expectBytes(await repository.getBlob(digest), bytes);
    },
  },
  {
    id: "patch-mismatch",
    ends: ["end-6"],
    level: "MUST",
    name: "closing a chunked upload with a digest that its bytes do not have answers 400",
    run: async (repository) => {
      const { session } = await halfUploaded(repository);
      expectStatus(await putUpload(repository, session, unknownDigest()), 400);
    },
  },
  {
    id: "patch-length-mismatch",
    ends: ["end-5"],
    level: "SHOULD",
    name: "a chunk that is shorter than its Content-Range says is refused with 400 or 416",
    run: async (repository) => {
      const { session, chunkBytes } = await openChunkedUpload(repository);
      const headers = { ...octets, "content-range": `0-${chunkBytes * 2 - 1}` };
      expectStatus(
        await repository.send("PATCH", session, { headers, body: blob(chunkBytes).bytes }),
        400,
        416,
      );
    },
  },
  {
    id: "patch-malformed-range",
    ends: ["end-5"],
    level: "SHOULD",
    name: "a Content-Range that is not <first>-<last> is refused with 400 or 416",
    run: async (repository) => {
      const headers = { ...octets, "content-range": "all of it" };
      const session = await openUpload(repository);
      expectStatus(await repository.send("PATCH", session, { headers, body: blob(1024).bytes }), 400, 416);
    },
  },
];
