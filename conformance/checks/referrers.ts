// end-12a: what refers to a manifest. A registry without this API answers 404, and all of these are "unsupported".
import type { Check } from "../check.ts";
import { descriptorOf, mediaTypes, unknownDigest, type Descriptor } from "../content.ts";
import { image, index, referrer, rootOf } from "../data-sets.ts";
import { expectEqual, expectHeader, expectStatus, failed } from "../expectations.ts";
import type { Repository } from "../repository.ts";
import { pushManifest, pushSet } from "../setup.ts";
import { getReferrers, referrersIn, requireReferrers } from "./referrer-lists.ts";

const artifactType = "application/vnd.example.sbom.v1";

async function pushSubject(repository: Repository): Promise<Descriptor> {
  await requireReferrers(repository);
  return descriptorOf(await pushSet(repository, image(), "subject"));
}

/** The only descriptor of the subject's list. */
async function onlyReferrer(repository: Repository, subject: string): Promise<Descriptor> {
  const answer = await getReferrers(repository, subject);
  const [first, ...more] = referrersIn(answer);
  if (first === undefined || more.length > 0)
    throw failed(answer, `lists ${more.length + (first ? 1 : 0)} referrers, wanted 1`);
  return first;
}

export const referrerChecks: readonly Check[] = [
  {
    id: "referrers-none",
    ends: ["end-12a"],
    level: "MUST",
    name: "the referrers of a digest that nothing refers to are 200 and an empty list",
    run: async (repository) => {
      await pushSubject(repository);
      const answer = await getReferrers(repository, unknownDigest());
      expectStatus(answer, 200);
      expectEqual(answer, "manifests", referrersIn(answer), []);
    },
  },
  {
    id: "referrers-type",
    ends: ["end-12a"],
    level: "MUST",
    name: "the list is labelled as an OCI image index",
    run: async (repository) => {
      const { digest } = await pushSubject(repository);
      expectHeader(await getReferrers(repository, digest), "content-type", mediaTypes.ociIndex);
    },
  },
  {
    id: "referrers-index",
    ends: ["end-12a"],
    level: "MUST",
    name: "the list is an image index: schemaVersion 2 and its mediaType",
    run: async (repository) => {
      const { digest } = await pushSubject(repository);
      const answer = await getReferrers(repository, digest);
      const { schemaVersion, mediaType } = JSON.parse(answer.body.toString()) as Record<string, unknown>;
      expectEqual(
        answer,
        "schemaVersion and mediaType",
        [schemaVersion, mediaType],
        [2, mediaTypes.ociIndex],
      );
    },
  },
  {
    id: "referrers-descriptor",
    ends: ["end-12a"],
    level: "MUST",
    name: "a pushed referrer is listed with its media type, digest and size",
    run: async (repository) => {
      const subject = await pushSubject(repository);
      const root = await pushSet(repository, referrer(subject));
      const { mediaType, digest, size } = await onlyReferrer(repository, subject.digest);
      const answer = await getReferrers(repository, subject.digest);
      expectEqual(answer, "the descriptor", { mediaType, digest, size }, descriptorOf(root));
    },
  },
  {
    id: "referrers-annotations",
    ends: ["end-12a"],
    level: "MUST",
    name: "the descriptor has all annotations of the referrer",
    run: async (repository) => {
      const subject = await pushSubject(repository);
      const annotations = { "com.example.one": "1", "com.example.two": "zwei ✓" };
      await pushSet(repository, referrer(subject, { annotations }));
      const answer = await getReferrers(repository, subject.digest);
      expectEqual(answer, "annotations", referrersIn(answer)[0]?.["annotations"], annotations);
    },
  },
  {
    id: "referrers-artifact-type",
    ends: ["end-12a"],
    level: "MUST",
    name: "the descriptor has the referrer's artifactType",
    run: async (repository) => {
      const subject = await pushSubject(repository);
      await pushSet(repository, referrer(subject, { artifactType }));
      const answer = await getReferrers(repository, subject.digest);
      expectEqual(answer, "artifactType", referrersIn(answer)[0]?.["artifactType"], artifactType);
    },
  },
  {
    id: "referrers-config-type",
    ends: ["end-12a"],
    level: "MUST",
    name: "for an image without artifactType the descriptor has its config's media type",
    run: async (repository) => {
      const subject = await pushSubject(repository);
      await pushSet(repository, referrer(subject));
      const answer = await getReferrers(repository, subject.digest);
      expectEqual(answer, "artifactType", referrersIn(answer)[0]?.["artifactType"], mediaTypes.ociConfig);
    },
  },
  {
    id: "referrers-index-without-type",
    ends: ["end-12a"],
    level: "MUST",
    name: "for an index without artifactType the descriptor has none",
    run: async (repository) => {
      const subject = await pushSubject(repository);
      const { digest } = await pushSet(repository, index([image()], { subject }));
      const only = await onlyReferrer(repository, subject.digest);
      const answer = await getReferrers(repository, subject.digest);
      expectEqual(answer, "[digest, artifactType]", [only.digest, "artifactType" in only], [digest, false]);
    },
  },
  {
    id: "referrers-index-type",
    ends: ["end-12a"],
    level: "MUST",
    name: "for an index with artifactType the descriptor has it",
    run: async (repository) => {
      const subject = await pushSubject(repository);
      await pushSet(repository, index([image()], { subject, artifactType }));
      const answer = await getReferrers(repository, subject.digest);
      expectEqual(answer, "artifactType", referrersIn(answer)[0]?.["artifactType"], artifactType);
    },
  },
  {
    id: "referrers-several",
    ends: ["end-12a"],
    level: "MUST",
    name: "every referrer is listed, once each, pushed again or not",
    run: async (repository) => {
      const subject = await pushSubject(repository);
      const roots = [];
      for (let i = 0; i < 3; i += 1)
        roots.push(await pushSet(repository, referrer(subject, { artifactType })));
      const [first] = roots;
      if (first) await pushManifest(repository, first, "again");
      const answer = await getReferrers(repository, subject.digest);
      const digests = referrersIn(answer).map(({ digest }) => digest);
      expectEqual(answer, "digests, sorted", digests.sort(), roots.map(({ digest }) => digest).sort());
    },
  },
  {
    id: "referrers-own-repository",
    ends: ["end-12a"],
    level: "MUST",
    name: "referrers of another repository are not listed",
    run: async (repository) => {
      const subject = await pushSubject(repository);
      await pushSet(repository.sibling("other"), referrer(subject));
      const answer = await getReferrers(repository, subject.digest);
      expectEqual(answer, "manifests", referrersIn(answer), []);
    },
  },
  {
    id: "referrers-missing-subject",
    ends: ["end-12a", "end-7"],
    level: "MUST",
    name: "a referrer pushed before its subject is listed before and after the subject arrives",
    run: async (repository) => {
      await requireReferrers(repository);
      const later = image();
      const { digest } = await pushSet(repository, referrer(descriptorOf(rootOf(later))));
      const before = await onlyReferrer(repository, rootOf(later).digest);
      await pushSet(repository, later, "subject");
      const after = await onlyReferrer(repository, rootOf(later).digest);
      const answer = await getReferrers(repository, rootOf(later).digest);
      expectEqual(answer, "the digests before and after", [before.digest, after.digest], [digest, digest]);
    },
  },
  {
    id: "referrers-malformed-digest",
    ends: ["end-12a"],
    level: "MUST",
    name: "the referrers of a malformed digest answer 400",
    run: async (repository) => {
      await pushSubject(repository);
      expectStatus(await getReferrers(repository, "sha256:nonsense"), 400);
    },
  },
];
