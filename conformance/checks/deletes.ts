// end-9 and end-10: deleting tags, manifests and blobs. Registries may disable each of them (400 or 405).
import { SetupFailed, Unsupported, type Check } from "../check.ts";
import { blob, unknownDigest } from "../content.ts";
import { image, index, rootOf } from "../data-sets.ts";
import { expectBytes, expectStatus, statusText } from "../expectations.ts";
import type { Answer } from "../http-client.ts";
import type { Repository } from "../repository.ts";
import { pushBlob, pushSet } from "../setup.ts";

function deletedOrUnsupported(answer: Answer): Answer {
  if ([400, 405].includes(answer.status)) throw new Unsupported(statusText(answer));
  return answer;
}

/** For checks about what comes after the delete. */
async function afterDelete(request: Promise<Answer>): Promise<void> {
  const answer = deletedOrUnsupported(await request);
  if (answer.status !== 202) throw new SetupFailed(`${answer.request}: ${statusText(answer)}`);
}

const deleteBlob = (repository: Repository, digest: string) =>
  repository.send("DELETE", repository.blobPath(digest));

export const deleteChecks: readonly Check[] = [
  {
    id: "delete-tag",
    ends: ["end-9"],
    level: "MUST",
    name: "DELETE of a tag answers 202",
    run: async (repository) => {
      await pushSet(repository, image(), "v1", "v2");
      expectStatus(deletedOrUnsupported(await repository.deleteManifest("v1")), 202);
    },
  },
  {
    id: "delete-tag-gone",
    ends: ["end-9", "end-3"],
    level: "MUST",
    name: "a deleted tag answers 404",
    run: async (repository) => {
      await pushSet(repository, image(), "v1", "v2");
      await afterDelete(repository.deleteManifest("v1"));
      expectStatus(await repository.getManifest("v1"), 404);
    },
  },
  {
    id: "delete-tag-siblings",
    ends: ["end-9", "end-3"],
    level: "MUST",
    name: "deleting a tag leaves its sibling tag and the digest",
    run: async (repository) => {
      const { digest, bytes } = await pushSet(repository, image(), "v1", "v2");
      await afterDelete(repository.deleteManifest("v1"));
      for (const reference of ["v2", digest]) expectBytes(await repository.getManifest(reference), bytes);
    },
  },
  {
    id: "delete-tag-unknown",
    ends: ["end-9"],
    level: "SHOULD",
    name: "DELETE of a tag that is not there answers 404",
    run: async (repository) => {
      await pushSet(repository, image(), "v1");
      expectStatus(deletedOrUnsupported(await repository.deleteManifest("absent")), 404);
    },
  },
  {
    id: "delete-manifest",
    ends: ["end-9"],
    level: "MUST",
    name: "DELETE of a manifest by digest answers 202",
    run: async (repository) => {
      const { digest } = await pushSet(repository, image(), "v1");
      expectStatus(deletedOrUnsupported(await repository.deleteManifest(digest)), 202);
    },
  },
  {
    id: "delete-manifest-gone",
    ends: ["end-9", "end-3"],
    level: "MUST",
    name: "a deleted manifest answers 404, by digest and by the tags that pointed at it",
    run: async (repository) => {
      const { digest } = await pushSet(repository, image(), "v1", "v2");
      await afterDelete(repository.deleteManifest(digest));
      for (const reference of [digest, "v1", "v2"])
        expectStatus(await repository.getManifest(reference), 404);
    },
  },
  {
    id: "delete-manifest-unknown",
    ends: ["end-9"],
    level: "SHOULD",
    name: "DELETE of a manifest that is not there answers 404",
    run: async (repository) => {
      await pushSet(repository, image(), "v1");
      expectStatus(deletedOrUnsupported(await repository.deleteManifest(unknownDigest())), 404);
    },
  },
  {
    id: "delete-blob",
    ends: ["end-10"],
    level: "MUST",
    name: "DELETE of a blob answers 202",
    run: async (repository) => {
      const { digest } = await pushBlob(repository, blob());
      expectStatus(deletedOrUnsupported(await deleteBlob(repository, digest)), 202);
    },
  },
  {
    id: "delete-blob-gone",
    ends: ["end-10", "end-2"],
    level: "MUST",
    name: "a deleted blob answers 404",
    run: async (repository) => {
      const { digest } = await pushBlob(repository, blob());
      await afterDelete(deleteBlob(repository, digest));
      expectStatus(await repository.getBlob(digest), 404);
      expectStatus(await repository.headBlob(digest), 404);
    },
  },
  {
    id: "delete-blob-unknown",
    ends: ["end-10"],
    level: "MUST",
    name: "DELETE of a blob that is not there answers 404",
    run: async (repository) => {
      await pushBlob(repository, blob());
      expectStatus(deletedOrUnsupported(await deleteBlob(repository, unknownDigest())), 404);
    },
  },
  {
    id: "delete-blob-elsewhere",
    ends: ["end-10", "end-2"],
    level: "SHOULD",
    name: "deleting a blob in one repository leaves it in another",
    run: async (repository) => {
      const other = repository.sibling("other");
      const { digest, bytes } = await pushBlob(other, await pushBlob(repository, blob()));
      await afterDelete(deleteBlob(repository, digest));
      expectBytes(await other.getBlob(digest), bytes);
    },
  },
  {
    id: "delete-in-order",
    ends: ["end-9", "end-10"],
    level: "SHOULD",
    name: "tag, index, image and blob can be deleted straight after each other",
    run: async (repository) => {
      const child = image({ layers: [blob()] });
      const set = index([child]);
      const root = await pushSet(repository, set, "v1");
      expectStatus(deletedOrUnsupported(await repository.deleteManifest("v1")), 202);
      expectStatus(deletedOrUnsupported(await repository.deleteManifest(root.digest)), 202);
      expectStatus(deletedOrUnsupported(await repository.deleteManifest(rootOf(child).digest)), 202);
      for (const { digest } of set.blobs)
        expectStatus(deletedOrUnsupported(await deleteBlob(repository, digest)), 202);
    },
  },
  {
    id: "delete-and-push-again",
    ends: ["end-9", "end-10", "end-7"],
    level: "MUST",
    name: "what was deleted can be pushed again",
    run: async (repository) => {
      const set = image({ layers: [blob()] });
      const { digest, bytes, mediaType } = await pushSet(repository, set, "v1");
      await afterDelete(repository.deleteManifest(digest));
      for (const each of set.blobs) await afterDelete(deleteBlob(repository, each.digest));
      for (const each of set.blobs) await pushBlob(repository, each);
      expectStatus(await repository.putManifest("v1", bytes, { "content-type": mediaType }), 201);
      expectBytes(await repository.getManifest("v1"), bytes);
    },
  },
];
