// end-12b and end-7: the filter on referrers, and how pushes and deletes show in the list.
import { SetupFailed, Unsupported, type Check } from "../check.ts";
import { descriptorOf, document, mediaTypes, unknownDigest, type Descriptor } from "../content.ts";
import { image, referrer, rootOf } from "../data-sets.ts";
import {
  expectBytes,
  expectEqual,
  expectHeader,
  expectNoHeader,
  expectStatus,
  failed,
} from "../expectations.ts";
import type { Repository } from "../repository.ts";
import { pushBlobs, pushManifest, pushSet } from "../setup.ts";
import { getReferrers, referrersIn, requireReferrers } from "./referrer-lists.ts";

const sbom = "application/vnd.example.sbom.v1";
const signature = "application/vnd.example.signature.v1+json";

async function pushTwoKinds(repository: Repository): Promise<{ subject: Descriptor; signed: string }> {
  await requireReferrers(repository);
  const subject = descriptorOf(await pushSet(repository, image(), "subject"));
  await pushSet(repository, referrer(subject, { artifactType: sbom }));
  const { digest } = await pushSet(repository, referrer(subject, { artifactType: signature }));
  return { subject, signed: digest };
}

const filter = (artifactType: string) => `?artifactType=${encodeURIComponent(artifactType)}`;

export const referrerChangeChecks: readonly Check[] = [
  {
    id: "referrers-filter",
    ends: ["end-12b"],
    level: "SHOULD",
    name: "?artifactType= gives the referrers of that type alone",
    run: async (repository) => {
      const { subject, signed } = await pushTwoKinds(repository);
      const answer = await getReferrers(repository, subject.digest, filter(signature));
      const digests = referrersIn(answer).map(({ digest }) => digest);
      if (digests.length === 2 && answer.header("oci-filters-applied") === undefined) {
        throw new Unsupported("the filter is ignored");
      }
      expectEqual(answer, "digests", digests, [signed]);
    },
  },
  {
    id: "referrers-filter-header",
    ends: ["end-12b"],
    level: "MUST",
    name: "a filtered list says so in OCI-Filters-Applied: artifactType",
    run: async (repository) => {
      const { subject } = await pushTwoKinds(repository);
      const answer = await getReferrers(repository, subject.digest, filter(signature));
      if (referrersIn(answer).length === 2) throw new Unsupported("the filter is ignored");
      expectHeader(answer, "oci-filters-applied", /(?:^|,\s*)artifactType(?:\s*,|$)/);
    },
  },
  {
    id: "referrers-filter-none",
    ends: ["end-12b"],
    level: "SHOULD",
    name: "a type that no referrer has gives an empty list",
    run: async (repository) => {
      const { subject } = await pushTwoKinds(repository);
      const answer = await getReferrers(
        repository,
        subject.digest,
        filter("application/vnd.example.nothing"),
      );
      if (answer.header("oci-filters-applied") === undefined && referrersIn(answer).length === 2) {
        throw new Unsupported("the filter is ignored");
      }
      expectEqual(answer, "manifests", referrersIn(answer), []);
    },
  },
  {
    id: "referrers-unfiltered",
    ends: ["end-12a"],
    level: "SHOULD",
    name: "a list that was not filtered has no OCI-Filters-Applied",
    run: async (repository) => {
      const { subject } = await pushTwoKinds(repository);
      expectNoHeader(await getReferrers(repository, subject.digest), "oci-filters-applied");
    },
  },
  {
    id: "referrers-oci-subject",
    ends: ["end-7"],
    level: "MUST",
    name: "the 201 to a manifest with a subject names the subject's digest in OCI-Subject",
    run: async (repository) => {
      await requireReferrers(repository);
      const subject = { mediaType: mediaTypes.ociImage, digest: unknownDigest(), size: 7 };
      const set = referrer(subject);
      await pushBlobs(repository, set);
      const { bytes, mediaType } = rootOf(set);
      const answer = await repository.putManifest("v1", bytes, { "content-type": mediaType });
      expectStatus(answer, 201);
      expectHeader(answer, "oci-subject", subject.digest);
    },
  },
  {
    id: "referrers-fallback-tag",
    ends: ["end-12a", "end-7"],
    level: "MUST",
    name: "what an older client listed under the fallback tag is in the list, once, and the tag stays as pushed",
    run: async (repository) => {
      await requireReferrers(repository);
      const subject = descriptorOf(await pushSet(repository, image(), "subject"));
      const listedRoot = await pushSet(repository, referrer(subject, { artifactType: sbom }));
      const tag = subject.digest.replace(":", "-").slice(0, "sha256-".length + 64);
      const fallback = document(mediaTypes.ociIndex, {
        manifests: [descriptorOf(listedRoot, { artifactType: sbom })],
      });
      await pushManifest(repository, fallback, tag);
      const answer = await getReferrers(repository, subject.digest);
      const digests = referrersIn(answer).map(({ digest }) => digest);
      expectEqual(answer, "digests", digests, [listedRoot.digest]);
      expectBytes(await repository.getManifest(tag), fallback.bytes);
    },
  },
  {
    id: "referrers-after-delete",
    ends: ["end-12a", "end-9"],
    level: "MUST",
    name: "a referrer that was deleted is no longer listed",
    run: async (repository) => {
      const { subject, signed } = await pushTwoKinds(repository);
      const gone = await repository.deleteManifest(signed);
      if ([400, 405].includes(gone.status)) throw new Unsupported(`DELETE answers ${gone.status}`);
      if (gone.status !== 202) throw new SetupFailed(`${gone.request}: ${gone.status}`);
      const answer = await getReferrers(repository, subject.digest);
      const digests = referrersIn(answer).map(({ digest }) => digest);
      if (digests.includes(signed) || digests.length !== 1)
        throw failed(answer, `lists ${digests.join(", ")}`);
    },
  },
];
