// end-12a: lists of referrers that are too long for one answer.
import { SetupFailed, type Check } from "../check.ts";
import { descriptorOf } from "../content.ts";
import { image, referrer, rootOf } from "../data-sets.ts";
import { expectEqual } from "../expectations.ts";
import { pushBlobs, pushSet } from "../setup.ts";
import { followReferrers, getReferrers, requireReferrers } from "./referrer-lists.ts";

export const referrerPageChecks: readonly Check[] = [
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
