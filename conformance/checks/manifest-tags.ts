// end-7b: several tags with one push by digest (`?tag=a&tag=b`). Optional; OCI-Tag in the answer says that it was done.
import { Unsupported, type Check } from "../check.ts";
import { mediaTypes } from "../content.ts";
import { image, rootOf } from "../data-sets.ts";
import { expectBytes, expectHeader, expectStatus, failed } from "../expectations.ts";
import type { Answer } from "../http-client.ts";
import type { Repository } from "../repository.ts";
import { pushBlobs } from "../setup.ts";

async function putWithTags(
  repository: Repository,
  tags: readonly string[],
): Promise<{ answer: Answer; bytes: Buffer }> {
  const set = image();
  await pushBlobs(repository, set);
  const { digest, bytes } = rootOf(set);
  const query = `?${tags.map((tag) => `tag=${tag}`).join("&")}`;
  const answer = await repository.putManifest(digest, bytes, { "content-type": mediaTypes.ociImage }, query);
  if (answer.status === 201 && answer.header("oci-tag") === undefined) {
    const [first = ""] = tags;
    const ignored = (await repository.headManifest(first)).status === 404;
    if (ignored) throw new Unsupported("the parameter is ignored");
  }
  return { answer, bytes };
}

/** The header may be repeated or hold a list. */
function expectTags(answer: Answer, tags: readonly string[]): void {
  expectStatus(answer, 201);
  const told = expectHeader(answer, "oci-tag").split(/\s*,\s*/);
  const missing = tags.filter((tag) => !told.includes(tag));
  if (missing.length > 0) throw failed(answer, `OCI-Tag lacks ${missing.join(", ")}`);
}

export const manifestTagChecks: readonly Check[] = [
  {
    id: "tag-param-header",
    ends: ["end-7b"],
    level: "MUST",
    name: "a push by digest with ?tag=a&tag=b names both tags in OCI-Tag",
    run: async (repository) => {
      const { answer } = await putWithTags(repository, ["a", "b"]);
      expectTags(answer, ["a", "b"]);
    },
  },
  {
    id: "tag-param-pull",
    ends: ["end-7b", "end-3"],
    level: "MUST",
    name: "both tags can be pulled afterwards",
    run: async (repository) => {
      const { bytes } = await putWithTags(repository, ["a", "b"]);
      for (const tag of ["a", "b"]) expectBytes(await repository.getManifest(tag), bytes);
    },
  },
  {
    id: "tag-param-ten",
    ends: ["end-7b"],
    level: "SHOULD",
    name: "ten tags are accepted at once",
    run: async (repository) => {
      const tags = Array.from({ length: 10 }, (_, at) => `t${at}`);
      expectTags((await putWithTags(repository, tags)).answer, tags);
    },
  },
  {
    id: "tag-param-invalid",
    ends: ["end-7b"],
    level: "SHOULD",
    name: "a push with a tag that breaks the grammar among them answers 400",
    run: async (repository) => {
      const { answer } = await putWithTags(repository, ["good", "-bad"]);
      expectStatus(answer, 400);
    },
  },
];
