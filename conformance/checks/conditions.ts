// Conditional requests. The spec leaves them to HTTP: a registry may do without, but what it does must be right.
import { Unsupported, type Check } from "../check.ts";
import { blob, type Content } from "../content.ts";
import { image, rootOf } from "../data-sets.ts";
import { expectBytes, expectEqual, expectStatus } from "../expectations.ts";
import type { Answer } from "../http-client.ts";
import type { Repository } from "../repository.ts";
import { pushBlob, pushBlobs, pushSet } from "../setup.ts";

function entityTagOf(answer: Answer): string {
  const tag = answer.header("etag");
  if (tag === undefined) throw new Unsupported("no ETag");
  return tag;
}

/** Another image's manifest, its blobs already there. */
async function nextImage(repository: Repository): Promise<Content> {
  const set = image();
  await pushBlobs(repository, set);
  return rootOf(set);
}

function putIf(
  repository: Repository,
  { bytes, mediaType }: Content,
  condition: Record<string, string>,
): Promise<Answer> {
  return repository.putManifest("v1", bytes, { "content-type": mediaType, ...condition });
}

function heldOrUnsupported(answer: Answer): Answer {
  if (answer.status === 201) throw new Unsupported("the condition is ignored");
  return answer;
}

const otherTag = '"sha256:0000000000000000000000000000000000000000000000000000000000000000"';

export const conditionChecks: readonly Check[] = [
  {
    id: "etag-manifest",
    ends: ["end-3"],
    level: "MAY",
    name: "GET of a manifest with its entity tag in If-None-Match answers 304 without a body",
    run: async (repository) => {
      await pushSet(repository, image(), "v1");
      const tag = entityTagOf(await repository.getManifest("v1"));
      const answer = await repository.getManifest("v1", { "if-none-match": tag });
      expectStatus(answer, 304);
      expectEqual(answer, "the body's length", answer.body.length, 0);
    },
  },
  {
    id: "etag-manifest-changed",
    ends: ["end-3"],
    level: "MAY",
    name: "GET of a tag that has moved since answers 200 with the new manifest",
    run: async (repository) => {
      await pushSet(repository, image(), "v1");
      const tag = entityTagOf(await repository.getManifest("v1"));
      const { bytes } = await pushSet(repository, image(), "v1");
      const answer = await repository.getManifest("v1", { "if-none-match": tag });
      expectStatus(answer, 200);
      expectBytes(answer, bytes);
    },
  },
  {
    id: "etag-blob",
    ends: ["end-2"],
    level: "MAY",
    name: "GET of a blob with its entity tag in If-None-Match answers 304",
    run: async (repository) => {
      const { digest } = await pushBlob(repository, blob());
      const tag = entityTagOf(await repository.getBlob(digest));
      expectStatus(await repository.getBlob(digest, { "if-none-match": tag }), 304);
    },
  },
  {
    id: "if-range",
    ends: ["end-2"],
    level: "MAY",
    name: "If-Range with another entity tag gives the whole blob, with its own the part",
    run: async (repository) => {
      const { digest, bytes } = await pushBlob(repository, blob());
      const tag = entityTagOf(await repository.getBlob(digest));
      const whole = await repository.getBlob(digest, { range: "bytes=0-9", "if-range": otherTag });
      expectStatus(whole, 200);
      expectBytes(whole, bytes);
      const part = await repository.getBlob(digest, { range: "bytes=0-9", "if-range": tag });
      if (part.status === 200) throw new Unsupported("no ranges");
      expectStatus(part, 206);
    },
  },
  {
    id: "put-if-absent",
    ends: ["end-7"],
    level: "MAY",
    name: "PUT with If-None-Match: * to a tag that exists answers 412, and the tag stays",
    run: async (repository) => {
      const { bytes } = await pushSet(repository, image(), "v1");
      expectStatus(
        heldOrUnsupported(await putIf(repository, await nextImage(repository), { "if-none-match": "*" })),
        412,
      );
      expectBytes(await repository.getManifest("v1"), bytes);
    },
  },
  {
    id: "put-if-absent-new",
    ends: ["end-7"],
    level: "MAY",
    name: "PUT with If-None-Match: * to a tag that does not exist answers 201",
    run: async (repository) => {
      expectStatus(await putIf(repository, await nextImage(repository), { "if-none-match": "*" }), 201);
    },
  },
  {
    id: "put-if-match-stale",
    ends: ["end-7"],
    level: "MAY",
    name: "PUT with the entity tag of an earlier manifest in If-Match answers 412, and the tag stays",
    run: async (repository) => {
      await pushSet(repository, image(), "v1");
      const stale = entityTagOf(await repository.getManifest("v1"));
      const { bytes } = await pushSet(repository, image(), "v1");
      expectStatus(
        heldOrUnsupported(await putIf(repository, await nextImage(repository), { "if-match": stale })),
        412,
      );
      expectBytes(await repository.getManifest("v1"), bytes);
    },
  },
  {
    id: "put-if-match",
    ends: ["end-7"],
    level: "MAY",
    name: "PUT with the current entity tag in If-Match answers 201",
    run: async (repository) => {
      await pushSet(repository, image(), "v1");
      const current = entityTagOf(await repository.getManifest("v1"));
      expectStatus(await putIf(repository, await nextImage(repository), { "if-match": current }), 201);
    },
  },
];
