// end-7: manifests that a registry must not, or may not, accept.
import { Unsupported, type Check } from "../check.ts";
import { blob, mediaTypes, unknownDigest } from "../content.ts";
import { image, index, rootOf } from "../data-sets.ts";
import { expectCode, expectStatus } from "../expectations.ts";
import type { Answer } from "../http-client.ts";
import type { Repository } from "../repository.ts";
import { pushBlob, pushBlobs, pushSet } from "../setup.ts";

const ociImage = { "content-type": mediaTypes.ociImage };

/** Puts a valid manifest under a digest that it does not have. */
async function putUnderOtherDigest(repository: Repository): Promise<Answer> {
  const set = image();
  await pushBlobs(repository, set);
  return repository.putManifest(unknownDigest(), rootOf(set).bytes, ociImage);
}

function refusedOrUnsupported(answer: Answer, why: string): Answer {
  if (answer.status === 201) throw new Unsupported(why);
  return answer;
}

/** An image with one layer that was never pushed. */
async function putWithoutLayer(repository: Repository): Promise<Answer> {
  const present = blob();
  const set = image({ layers: [present, blob()] });
  const [config] = set.blobs;
  for (const content of [present, ...(config ? [config] : [])]) await pushBlob(repository, content);
  return refusedOrUnsupported(
    await repository.putManifest("v1", rootOf(set).bytes, ociImage),
    "accepts absent blobs",
  );
}

export const manifestRefusalChecks: readonly Check[] = [
  {
    id: "manifest-put-mismatch",
    ends: ["end-7"],
    level: "MUST",
    name: "PUT of a manifest under a digest that it does not have answers 400",
    run: async (repository) => expectStatus(await putUnderOtherDigest(repository), 400),
  },
  {
    id: "manifest-put-mismatch-code",
    ends: ["end-7"],
    level: "SHOULD",
    name: "that 400 bears the code DIGEST_INVALID",
    run: async (repository) => expectCode(await putUnderOtherDigest(repository), "DIGEST_INVALID"),
  },
  {
    id: "manifest-put-malformed-digest",
    ends: ["end-7"],
    level: "MUST",
    name: "PUT of a manifest under a malformed digest answers 400",
    run: async (repository) => {
      const set = image();
      await pushBlobs(repository, set);
      expectStatus(await repository.putManifest("sha256:baddigeststring", rootOf(set).bytes, ociImage), 400);
    },
  },
  {
    id: "manifest-put-invalid-json",
    ends: ["end-7"],
    level: "SHOULD",
    name: "PUT of something that is not JSON answers 400",
    run: async (repository) => {
      expectStatus(await repository.putManifest("v1", Buffer.from("{ not json"), ociImage), 400);
    },
  },
  {
    id: "manifest-put-invalid-json-code",
    ends: ["end-7"],
    level: "SHOULD",
    name: "that 400 bears the code MANIFEST_INVALID",
    run: async (repository) => {
      expectCode(await repository.putManifest("v1", Buffer.from("{ not json"), ociImage), "MANIFEST_INVALID");
    },
  },
  {
    id: "manifest-put-invalid-absent",
    ends: ["end-7", "end-3"],
    level: "MUST",
    name: "a refused push leaves the tag as it was",
    run: async (repository) => {
      const { digest } = await pushSet(repository, image(), "v1");
      await repository.putManifest("v1", Buffer.from("{ not json"), ociImage);
      await repository.putManifest("v2", Buffer.from("{ not json"), ociImage);
      expectStatus(await repository.getManifest("v2"), 404);
      expectStatus(await repository.getManifest(digest), 200);
      expectStatus(await repository.getManifest("v1"), 200);
    },
  },
  {
    id: "manifest-put-missing-blob",
    ends: ["end-7"],
    level: "MUST",
    name: "a manifest that is refused for a layer that is not there answers 404 or 400",
    run: async (repository) => expectStatus(await putWithoutLayer(repository), 404, 400),
  },
  {
    id: "manifest-put-missing-blob-code",
    ends: ["end-7"],
    level: "MUST",
    name: "that refusal bears the code MANIFEST_BLOB_UNKNOWN",
    run: async (repository) => expectCode(await putWithoutLayer(repository), "MANIFEST_BLOB_UNKNOWN"),
  },
  {
    id: "manifest-put-missing-child",
    ends: ["end-7"],
    level: "SHOULD",
    name: "an index that is refused for a manifest that is not there answers 404 or 400",
    run: async (repository) => {
      const headers = { "content-type": mediaTypes.ociIndex };
      const answer = await repository.putManifest("v1", rootOf(index()).bytes, headers);
      expectStatus(refusedOrUnsupported(answer, "accepts absent manifests"), 404, 400);
    },
  },
];
