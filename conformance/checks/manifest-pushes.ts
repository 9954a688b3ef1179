// end-7: PUT of manifests, what is accepted and how it is answered.
import { Unsupported, type Check } from "../check.ts";
import { document, mediaTypes, unknownDigest } from "../content.ts";
import { image, rootOf } from "../data-sets.ts";
import {
  expectBytes,
  expectHeader,
  expectLocation,
  expectNoOtherDigest,
  expectStatus,
  statusText,
} from "../expectations.ts";
import type { Answer } from "../http-client.ts";
import type { Repository } from "../repository.ts";
import { pushBlobs, pushSet } from "../setup.ts";

const ociImage = { "content-type": mediaTypes.ociImage };

/** Pushes an image's blobs and puts its manifest under `reference`, by default its digest. */
async function putImage(
  repository: Repository,
  reference?: string,
): Promise<{ answer: Answer; digest: string; bytes: Buffer }> {
  const set = image();
  await pushBlobs(repository, set);
  const { digest, bytes } = rootOf(set);
  return { answer: await repository.putManifest(reference ?? digest, bytes, ociImage), digest, bytes };
}

export const manifestPushChecks: readonly Check[] = [
  {
    id: "manifest-put-tag",
    ends: ["end-7"],
    level: "MUST",
    name: "PUT of a manifest under a tag answers 201",
    run: async (repository) => expectStatus((await putImage(repository, "v1")).answer, 201),
  },
  {
    id: "manifest-put-digest",
    ends: ["end-7"],
    level: "MUST",
    name: "PUT of a manifest under its digest answers 201",
    run: async (repository) => expectStatus((await putImage(repository)).answer, 201),
  },
  {
    id: "manifest-put-location",
    ends: ["end-7"],
    level: "MUST",
    name: "the 201 has a Location from which the manifest can be pulled",
    run: async (repository) => {
      const { answer, bytes } = await putImage(repository, "v1");
      const pulled = await repository.send("GET", expectLocation(answer), {
        headers: { accept: mediaTypes.ociImage },
      });
      expectStatus(pulled, 200);
      expectBytes(pulled, bytes);
    },
  },
  {
    id: "manifest-put-digest-header",
    ends: ["end-7"],
    level: "MUST",
    name: "Docker-Content-Digest on the 201 to a push by digest, where present, is that digest",
    run: async (repository) => {
      const { answer, digest } = await putImage(repository);
      if (answer.header("docker-content-digest") === undefined) throw new Unsupported("no such header");
      expectNoOtherDigest(answer, digest);
    },
  },
  {
    id: "manifest-put-tag-digest-header",
    ends: ["end-7"],
    level: "SHOULD",
    name: "the 201 to a push by tag carries the digest in Docker-Content-Digest",
    run: async (repository) => {
      const { answer, digest } = await putImage(repository, "v1");
      expectHeader(answer, "docker-content-digest", digest);
    },
  },
  {
    id: "manifest-put-again",
    ends: ["end-7"],
    level: "MUST",
    name: "pushing the same manifest under the same tag again answers 201",
    run: async (repository) => {
      const { bytes } = await pushSet(repository, image(), "v1");
      expectStatus(await repository.putManifest("v1", bytes, ociImage), 201);
    },
  },
  {
    id: "manifest-put-verbatim",
    ends: ["end-7", "end-3"],
    level: "MUST",
    name: "a manifest is kept byte for byte, odd spacing and all",
    run: async (repository) => {
      const set = image();
      await pushBlobs(repository, set);
      const fields = JSON.parse(rootOf(set).bytes.toString()) as object;
      const odd = document(mediaTypes.ociImage, fields, "sha256", "\t \t");
      expectStatus(await repository.putManifest("odd", odd.bytes, ociImage), 201);
      expectBytes(await repository.getManifest("odd"), odd.bytes);
    },
  },
  {
    id: "manifest-put-type-parameters",
    ends: ["end-7", "end-3"],
    level: "SHOULD",
    name: "parameters on the Content-Type of a push are ignored, and not given back",
    run: async (repository) => {
      const set = image();
      await pushBlobs(repository, set);
      const headers = { "content-type": `${mediaTypes.ociImage}; charset=utf-8` };
      expectStatus(await repository.putManifest("v1", rootOf(set).bytes, headers), 201);
      expectHeader(await repository.getManifest("v1"), "content-type", mediaTypes.ociImage);
    },
  },
  {
    id: "manifest-put-unknown-type",
    ends: ["end-7", "end-3"],
    level: "MAY",
    name: "a JSON manifest of a media type that nobody knows is kept byte for byte",
    run: async (repository) => {
      const { bytes, mediaType } = document("application/vnd.example.manifest.v9+json", {
        anything: [unknownDigest()],
      });
      const answer = await repository.putManifest("v1", bytes, { "content-type": mediaType });
      if (answer.status >= 400 && answer.status < 500) throw new Unsupported(statusText(answer));
      expectStatus(answer, 201);
      const pulled = await repository.getManifest("v1", { accept: mediaType });
      expectBytes(pulled, bytes);
      expectHeader(pulled, "content-type", mediaType);
    },
  },
];
