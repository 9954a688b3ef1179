// end-7, end-12a: how large a manifest may be, and what becomes of lists that are too long for one answer.
import { SetupFailed, Unsupported, type Check } from "../check.ts";
import { descriptorOf, mediaTypes } from "../content.ts";
import { image, referrer, rootOf } from "../data-sets.ts";
import { expectEqual, expectStatus } from "../expectations.ts";
import type { Answer } from "../http-client.ts";
import type { Repository } from "../repository.ts";
import { pushBlobs, pushSet } from "../setup.ts";
import { followReferrers, getReferrers, requireReferrers } from "./referrer-lists.ts";

const ociImage = { "content-type": mediaTypes.ociImage };

/** An image whose manifest is at least `bytes` long, by its annotations. */
async function putImageOfSize(repository: Repository, bytes: number): Promise<Answer> {
  const set = image({ fields: { annotations: { "com.example.filler": "x".repeat(bytes) } } });
  await pushBlobs(repository, set);
  return repository.putManifest("large", rootOf(set).bytes, ociImage);
}

export const limitChecks: readonly Check[] = [
  {
    id: "manifest-put-large",
    ends: ["end-7"],
    level: "SHOULD",
    name: "a manifest of just under 4 MiB is accepted",
    run: async (repository) => expectStatus(await putImageOfSize(repository, 4 * 1024 * 1024 - 4096), 201),
  },
  {
    id: "manifest-put-too-large",
    ends: ["end-7"],
    level: "SHOULD",
    name: "a manifest larger than the registry's limit answers 413",
    run: async (repository) => {
      const answer = await putImageOfSize(repository, 4 * 1024 * 1024 + 4096);
      if (answer.status === 201) throw new Unsupported("more than 4 MiB is accepted");
      expectStatus(answer, 413);
    },
  },
  {
    id: "referrers-large",
    ends: ["end-12a"],
    level: "MUST",
    name: "a list too long for one answer comes in pages that Link (rel=next) connects",
    run: async (repository) => {
      await requireReferrers(repository);
      const subject = descriptorOf(await pushSet(repository, image(), "subject"));
      const digests = [];
      for (let i = 0; i < 6; i += 1) {
        const set = referrer(subject, { annotations: { "com.example.filler": `${i}`.repeat(1024 * 1024) } });
        await pushBlobs(repository, set);
        const { digest, bytes, mediaType } = rootOf(set);
        const put = await repository.putManifest(digest, bytes, { "content-type": mediaType });
        if (put.status !== 201) throw new SetupFailed(`a manifest of 1 MiB answers ${put.status}`);
        digests.push(digest);
      }
      const first = await getReferrers(repository, subject.digest);
      const all = (await followReferrers(repository, first)).map(({ digest }) => digest);
      expectEqual(first, "the digests over all pages, sorted", all.sort(), digests.sort());
    },
  },
];
