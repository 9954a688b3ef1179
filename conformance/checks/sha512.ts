// sha512 from end to end: blobs, manifests and references to them. The spec names the algorithm and obliges nobody.
import { Unsupported, type Check } from "../check.ts";
import { blob, unknownDigest, type Content } from "../content.ts";
import { image, rootOf } from "../data-sets.ts";
import { expectBytes, expectCode, expectHeader, expectNoOtherDigest, expectStatus } from "../expectations.ts";
import type { Answer } from "../http-client.ts";
import type { Repository } from "../repository.ts";
import { openChunkedUpload, openUpload, putUpload, sendChunk } from "../setup.ts";

async function pushBlob512(repository: Repository, { digest, bytes }: Content): Promise<Answer> {
  const answer = await putUpload(
    repository,
    await openUpload(repository, "?digest-algorithm=sha512"),
    digest,
    bytes,
  );
  if (answer.status === 400) throw new Unsupported("refuses sha512 blobs");
  expectStatus(answer, 201);
  return answer;
}

/** An image whose blobs and manifest all have sha512 digests. */
async function pushImage512(repository: Repository): Promise<Content> {
  const set = image({ algorithm: "sha512", layers: [blob(256, "sha512")] });
  for (const content of set.blobs) await pushBlob512(repository, content);
  const { digest, bytes, mediaType } = rootOf(set);
  const answer = await repository.putManifest(digest, bytes, { "content-type": mediaType });
  if (answer.status === 400) throw new Unsupported("refuses sha512 manifests");
  expectStatus(answer, 201);
  expectNoOtherDigest(answer, digest);
  return rootOf(set);
}

export const sha512Checks: readonly Check[] = [
  {
    id: "sha512-blob",
    ends: ["end-6", "end-2"],
    level: "MUST",
    name: "a blob pushed by its sha512 digest can be pulled by it",
    run: async (repository) => {
      const sent = blob(3000, "sha512");
      await pushBlob512(repository, sent);
      const answer = await repository.getBlob(sent.digest);
      expectStatus(answer, 200);
      expectBytes(answer, sent.bytes);
      expectStatus(await repository.headBlob(sent.digest), 200);
    },
  },
  {
    id: "sha512-blob-digest",
    ends: ["end-6"],
    level: "SHOULD",
    name: "the 201 to a sha512 push names that digest, not another",
    run: async (repository) => {
      const sent = blob(3000, "sha512");
      expectNoOtherDigest(await pushBlob512(repository, sent), sent.digest);
    },
  },
  {
    id: "sha512-blob-chunked",
    ends: ["end-5", "end-6"],
    level: "MUST",
    name: "a blob pushed in chunks can be closed with a sha512 digest",
    run: async (repository) => {
      const { session, chunkBytes } = await openChunkedUpload(repository);
      const { digest, bytes } = blob(chunkBytes, "sha512");
      const answer = await putUpload(repository, await sendChunk(repository, session, bytes, 0), digest);
      if (answer.status === 400) throw new Unsupported("refuses sha512 blobs");
      expectStatus(answer, 201);
    },
  },
  {
    id: "sha512-blob-mismatch",
    ends: ["end-6"],
    level: "MUST",
    name: "bytes that do not have the sha512 digest are refused with 400 DIGEST_INVALID",
    run: async (repository) => {
      const answer = await putUpload(
        repository,
        await openUpload(repository),
        unknownDigest("sha512"),
        blob().bytes,
      );
      expectStatus(answer, 400);
      expectCode(answer, "DIGEST_INVALID");
    },
  },
  {
    id: "sha512-manifest",
    ends: ["end-7", "end-3"],
    level: "MUST",
    name: "an image of sha512 blobs can be pushed and pulled by its sha512 digest",
    run: async (repository) => {
      const { digest, bytes } = await pushImage512(repository);
      const answer = await repository.getManifest(digest);
      expectStatus(answer, 200);
      expectBytes(answer, bytes);
      expectNoOtherDigest(answer, digest);
    },
  },
  {
    id: "sha512-manifest-head",
    ends: ["end-3"],
    level: "SHOULD",
    name: "HEAD by a sha512 digest names that digest",
    run: async (repository) => {
      const { digest } = await pushImage512(repository);
      expectHeader(await repository.headManifest(digest), "docker-content-digest", digest);
    },
  },
  {
    id: "sha512-manifest-mismatch",
    ends: ["end-7"],
    level: "MUST",
    name: "a manifest under a sha512 digest that it does not have is refused with 400",
    run: async (repository) => {
      const { bytes, mediaType } = rootOf(image({ layers: [] }));
      const answer = await repository.putManifest(unknownDigest("sha512"), bytes, {
        "content-type": mediaType,
      });
      expectStatus(answer, 400);
    },
  },
];
