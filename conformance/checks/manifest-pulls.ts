// end-3: GET and HEAD of manifests, by tag and by digest.
import { Unsupported, type Check } from "../check.ts";
import { unknownDigest } from "../content.ts";
import { image, index } from "../data-sets.ts";
import {
  expectBytes,
  expectCode,
  expectEqual,
  expectHeader,
  expectNoOtherDigest,
  expectStatus,
} from "../expectations.ts";
import type { Repository } from "../repository.ts";
import { pushManifest, pushSet } from "../setup.ts";

const pushImage = (repository: Repository) => pushSet(repository, image(), "v1");

export const manifestPullChecks: readonly Check[] = [
  {
    id: "manifest-get-tag",
    ends: ["end-3"],
    level: "MUST",
    name: "GET of a manifest by tag answers 200 with the exact bytes that were pushed",
    run: async (repository) => {
      const { bytes } = await pushImage(repository);
      const answer = await repository.getManifest("v1");
      expectStatus(answer, 200);
      expectBytes(answer, bytes);
    },
  },
  {
    id: "manifest-get-digest",
    ends: ["end-3"],
    level: "MUST",
    name: "GET of a manifest by digest answers 200 with the exact bytes that were pushed",
    run: async (repository) => {
      const { digest, bytes } = await pushImage(repository);
      const answer = await repository.getManifest(digest);
      expectStatus(answer, 200);
      expectBytes(answer, bytes);
    },
  },
  {
    id: "manifest-get-type",
    ends: ["end-3"],
    level: "SHOULD",
    name: "Content-Type on GET is the one the manifest was pushed with: image and index",
    run: async (repository) => {
      const root = await pushSet(repository, index(), "list");
      expectHeader(await repository.getManifest("list"), "content-type", root.mediaType);
      const { mediaType } = await pushImage(repository);
      expectHeader(await repository.getManifest("v1"), "content-type", mediaType);
    },
  },
  {
    id: "manifest-get-length",
    ends: ["end-3"],
    level: "SHOULD",
    name: "GET of a manifest carries its size in Content-Length",
    run: async (repository) => {
      const { bytes } = await pushImage(repository);
      expectHeader(await repository.getManifest("v1"), "content-length", String(bytes.length));
    },
  },
  {
    id: "manifest-get-digest-header",
    ends: ["end-3"],
    level: "MUST",
    name: "Docker-Content-Digest on GET, where present, is the digest of the body",
    run: async (repository) => {
      const { digest } = await pushImage(repository);
      const answer = await repository.getManifest("v1");
      if (answer.header("docker-content-digest") === undefined) throw new Unsupported("no such header");
      expectNoOtherDigest(answer, digest);
    },
  },
  {
    id: "manifest-get-digest-present",
    ends: ["end-3"],
    level: "SHOULD",
    name: "GET of a manifest carries Docker-Content-Digest",
    run: async (repository) => {
      await pushImage(repository);
      expectHeader(await repository.getManifest("v1"), "docker-content-digest");
    },
  },
  {
    id: "manifest-get-any-accept",
    ends: ["end-3"],
    level: "SHOULD",
    name: "GET without Accept, or with */*, gives the manifest as it was pushed",
    run: async (repository) => {
      const { bytes } = await pushImage(repository);
      for (const headers of [{}, { accept: "*/*" }]) {
        const answer = await repository.send("GET", repository.manifestPath("v1"), { headers });
        expectStatus(answer, 200);
        expectBytes(answer, bytes);
      }
    },
  },
  {
    id: "manifest-head",
    ends: ["end-3"],
    level: "MUST",
    name: "HEAD of a manifest, by tag and by digest, answers 200 without a body",
    run: async (repository) => {
      const { digest } = await pushImage(repository);
      for (const reference of ["v1", digest]) {
        const answer = await repository.headManifest(reference);
        expectStatus(answer, 200);
        expectEqual(answer, "the body's length", answer.body.length, 0);
      }
    },
  },
  {
    id: "manifest-head-digest",
    ends: ["end-3"],
    level: "SHOULD",
    name: "HEAD of a manifest by tag carries its digest in Docker-Content-Digest",
    run: async (repository) => {
      const { digest } = await pushImage(repository);
      expectHeader(await repository.headManifest("v1"), "docker-content-digest", digest);
    },
  },
  {
    id: "manifest-head-length",
    ends: ["end-3"],
    level: "SHOULD",
    name: "HEAD of a manifest carries its size in Content-Length",
    run: async (repository) => {
      const { bytes } = await pushImage(repository);
      expectHeader(await repository.headManifest("v1"), "content-length", String(bytes.length));
    },
  },
  {
    id: "manifest-head-like-get",
    ends: ["end-3"],
    level: "SHOULD",
    name: "HEAD of a manifest says the same as GET: type and entity tag",
    run: async (repository) => {
      await pushImage(repository);
      const [get, head] = [await repository.getManifest("v1"), await repository.headManifest("v1")];
      for (const name of ["content-type", "etag"])
        expectEqual(head, name, head.header(name), get.header(name));
    },
  },
  {
    id: "manifest-unknown-tag",
    ends: ["end-3"],
    level: "MUST",
    name: "GET and HEAD of a tag that is not there answer 404",
    run: async (repository) => {
      await pushImage(repository);
      expectStatus(await repository.getManifest("absent"), 404);
      expectStatus(await repository.headManifest("absent"), 404);
    },
  },
  {
    id: "manifest-unknown-digest",
    ends: ["end-3"],
    level: "MUST",
    name: "GET and HEAD of a manifest digest that is not there answer 404",
    run: async (repository) => {
      await pushImage(repository);
      expectStatus(await repository.getManifest(unknownDigest()), 404);
      expectStatus(await repository.headManifest(unknownDigest()), 404);
    },
  },
  {
    id: "manifest-unknown-code",
    ends: ["end-3"],
    level: "SHOULD",
    name: "the 404 for a manifest bears the code MANIFEST_UNKNOWN",
    run: async (repository) => {
      await pushImage(repository);
      expectCode(await repository.getManifest("absent"), "MANIFEST_UNKNOWN");
    },
  },
  {
    id: "manifest-unknown-repository",
    ends: ["end-3"],
    level: "MUST",
    name: "GET of a manifest in a repository that does not exist answers 404",
    run: async (repository) => expectStatus(await repository.getManifest("v1"), 404),
  },
  {
    id: "manifest-get-malformed-digest",
    ends: ["end-3"],
    level: "MUST",
    name: "GET of a manifest under a malformed digest answers 400 or 404",
    run: async (repository) => expectStatus(await repository.getManifest("sha256:nonsense"), 400, 404),
  },
  {
    id: "manifest-tag-moves",
    ends: ["end-3", "end-7"],
    level: "MUST",
    name: "a tag that is pushed again gives the new manifest, and the old one stays under its digest",
    run: async (repository) => {
      const before = await pushImage(repository);
      const after = await pushSet(repository, image());
      await pushManifest(repository, after, "v1");
      expectBytes(await repository.getManifest("v1"), after.bytes);
      expectBytes(await repository.getManifest(before.digest), before.bytes);
    },
  },
];
