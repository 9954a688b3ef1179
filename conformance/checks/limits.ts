// end-7: how large a manifest may be.
import { Unsupported, type Check } from "../check.ts";
import { mediaTypes } from "../content.ts";
import { image, rootOf } from "../data-sets.ts";
import { expectStatus } from "../expectations.ts";
import type { Answer } from "../http-client.ts";
import type { Repository } from "../repository.ts";
import { pushBlobs } from "../setup.ts";

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
];
