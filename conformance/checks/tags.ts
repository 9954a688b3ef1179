// end-8: the names of a repository's tags, whole and in pages.
import { Unsupported, type Check } from "../check.ts";
import { image } from "../data-sets.ts";
import {
  expectCode,
  expectEqual,
  expectHeader,
  expectNoHeader,
  expectStatus,
  failed,
} from "../expectations.ts";
import type { Repository } from "../repository.ts";
import { pushSet } from "../setup.ts";
import { followLinks, listed } from "./lists.ts";

/** In order, be it that of bytes or of the alphabet (the spec allows both); pushed in another. */
const tags = ["0.9", "1.0", "1.0.1", "alpha", "beta", "beta2", "zz"];

async function push(repository: Repository): Promise<void> {
  await pushSet(repository, image(), ...tags.toReversed());
}

function listCheck(
  id: string,
  level: Check["level"],
  name: string,
  query: string,
  wanted: readonly string[],
): Check {
  const run = async (repository: Repository) => {
    await push(repository);
    const answer = await repository.send("GET", `${repository.tagsPath}${query}`);
    expectEqual(answer, "tags", listed(answer, "tags"), wanted);
  };
  return { id, ends: [query === "" ? "end-8a" : "end-8b"], level, name, run };
}

export const tagChecks: readonly Check[] = [
  {
    id: "tags-list",
    ends: ["end-8a"],
    level: "MUST",
    name: "GET …/tags/list answers 200 with the repository's name and every tag",
    run: async (repository) => {
      await push(repository);
      const answer = await repository.send("GET", repository.tagsPath);
      expectEqual(answer, "the tags, sorted", [...listed(answer, "tags")].sort(), [...tags].sort());
    },
  },
  {
    id: "tags-name",
    ends: ["end-8a"],
    level: "MUST",
    name: "the list names its repository",
    run: async (repository) => {
      await push(repository);
      const answer = await repository.send("GET", repository.tagsPath);
      listed(answer, "tags");
      expectEqual(
        answer,
        "name",
        (JSON.parse(answer.body.toString()) as { name?: unknown }).name,
        repository.name,
      );
    },
  },
  {
    id: "tags-type",
    ends: ["end-8a"],
    level: "SHOULD",
    name: "the list is labelled as JSON",
    run: async (repository) => {
      await push(repository);
      expectHeader(await repository.send("GET", repository.tagsPath), "content-type", /^application\/json\b/);
    },
  },
  listCheck("tags-order", "MUST", "the tags stand in lexical order", "", tags),
  {
    id: "tags-order-case",
    ends: ["end-8a"],
    level: "MUST",
    name: "tags of both cases stand in the order of their bytes or of the alphabet",
    run: async (repository) => {
      await pushSet(repository, image(), "b", "B", "a", "A");
      const answer = await repository.send("GET", repository.tagsPath);
      const order = listed(answer, "tags").join("");
      if (!["ABab", "AaBb", "aAbB"].includes(order)) throw failed(answer, `the tags stand as ${order}`);
    },
  },
  listCheck("tags-n", "MUST", "?n=3 gives the first three", "?n=3", tags.slice(0, 3)),
  listCheck("tags-last", "MUST", "?last= gives those after that tag", "?last=1.0.1", tags.slice(3)),
  listCheck(
    "tags-n-last",
    "MUST",
    "?n=2&last= gives the two after that tag",
    "?n=2&last=1.0",
    tags.slice(2, 4),
  ),
  listCheck(
    "tags-last-unknown",
    "SHOULD",
    "a last that is no tag gives those after its place",
    "?last=a",
    tags.slice(3),
  ),
  listCheck("tags-last-final", "MUST", "after the final tag comes an empty list", "?last=zz", []),
  {
    id: "tags-n-huge",
    ends: ["end-8b"],
    level: "SHOULD",
    name: "an n beyond any maximum still answers 200 with tags",
    run: async (repository) => {
      await push(repository);
      const answer = await repository.send("GET", `${repository.tagsPath}?n=100000000`);
      expectEqual(answer, "the tags, sorted", [...listed(answer, "tags")].sort(), [...tags].sort());
    },
  },
  {
    id: "tags-n-zero",
    ends: ["end-8b"],
    level: "MUST",
    name: "?n=0 gives an empty list and no Link",
    run: async (repository) => {
      await push(repository);
      const answer = await repository.send("GET", `${repository.tagsPath}?n=0`);
      expectEqual(answer, "tags", listed(answer, "tags"), []);
      expectNoHeader(answer, "link");
    },
  },
  {
    id: "tags-link",
    ends: ["end-8b"],
    level: "MAY",
    name: "Link (rel=next) leads from page to page through all tags",
    run: async (repository) => {
      await push(repository);
      const first = await repository.send("GET", `${repository.tagsPath}?n=3`);
      if (first.header("link") === undefined) throw new Unsupported("no Link");
      expectEqual(first, "tags over all pages", await followLinks(repository, first, "tags"), tags);
    },
  },
  {
    id: "tags-link-end",
    ends: ["end-8b"],
    level: "SHOULD",
    name: "the last page has no Link",
    run: async (repository) => {
      await push(repository);
      expectNoHeader(await repository.send("GET", `${repository.tagsPath}?n=${tags.length}`), "link");
    },
  },
  {
    id: "tags-n-invalid",
    ends: ["end-8b"],
    level: "SHOULD",
    name: "an n that is no number is ignored, or refused with 400",
    run: async (repository) => {
      await push(repository);
      for (const n of ["-1", "many"]) {
        expectStatus(await repository.send("GET", `${repository.tagsPath}?n=${n}`), 200, 400);
      }
    },
  },
  {
    id: "tags-unknown-repository",
    ends: ["end-8a"],
    level: "SHOULD",
    name: "the tags of a repository that does not exist answer 404",
    run: async (repository) => expectStatus(await repository.send("GET", repository.tagsPath), 404),
  },
  {
    id: "tags-unknown-repository-code",
    ends: ["end-8a"],
    level: "SHOULD",
    name: "that 404 bears the code NAME_UNKNOWN",
    run: async (repository) => expectCode(await repository.send("GET", repository.tagsPath), "NAME_UNKNOWN"),
  },
];
