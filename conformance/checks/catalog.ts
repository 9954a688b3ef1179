// `_catalog`, the list of repositories: not in the spec but reserved by it to an extension, and many registries have it.
import { Unsupported, type Check } from "../check.ts";
import { image } from "../data-sets.ts";
import { expectEqual, expectNoHeader, expectStatus } from "../expectations.ts";
import type { Answer } from "../http-client.ts";
import type { Repository } from "../repository.ts";
import { pushSet } from "../setup.ts";
import { followLinks, listed } from "./lists.ts";

/** Four repositories whose names follow each other; the registry may hold others before and after them. */
async function pushFour(repository: Repository): Promise<readonly string[]> {
  const four = ["a", "b", "c", "d"].map((suffix) => repository.sibling(suffix));
  for (const each of four.toReversed()) await pushSet(each, image({ layers: [] }), "v1");
  return four.map(({ name }) => name);
}

async function getCatalog(repository: Repository, query: string): Promise<Answer> {
  const answer = await repository.send("GET", `/v2/_catalog${query}`);
  if ([401, 403, 404, 405].includes(answer.status)) throw new Unsupported(String(answer.status));
  return answer;
}

export const catalogChecks: readonly Check[] = [
  {
    id: "catalog-after",
    ends: ["ext"],
    level: "MAY",
    name: "_catalog with n and last gives the repositories after that one, in order",
    run: async (repository) => {
      const [first = "", ...rest] = await pushFour(repository);
      const answer = await getCatalog(repository, `?n=3&last=${encodeURIComponent(first)}`);
      expectEqual(answer, "repositories", listed(answer, "repositories"), rest);
    },
  },
  {
    id: "catalog-last-unknown",
    ends: ["ext"],
    level: "MAY",
    name: "a last that is no repository gives those after its place",
    run: async (repository) => {
      const [first = "", second] = await pushFour(repository);
      const answer = await getCatalog(repository, `?n=1&last=${encodeURIComponent(`${first}0`)}`);
      expectEqual(answer, "repositories", listed(answer, "repositories"), [second]);
    },
  },
  {
    id: "catalog-link",
    ends: ["ext"],
    level: "MAY",
    name: "Link (rel=next) leads from page to page through the catalog",
    run: async (repository) => {
      const names = await pushFour(repository);
      const [first = "", ...rest] = names;
      const answer = await getCatalog(repository, `?n=2&last=${encodeURIComponent(first)}`);
      if (answer.header("link") === undefined) throw new Unsupported("no Link");
      const all = await followLinks(repository, answer, "repositories", rest.length);
      expectEqual(answer, "the next three over all pages", all.slice(0, rest.length), rest);
    },
  },
  {
    id: "catalog-n-zero",
    ends: ["ext"],
    level: "MAY",
    name: "?n=0 gives an empty catalog and no Link",
    run: async (repository) => {
      await pushFour(repository);
      const answer = await getCatalog(repository, "?n=0");
      if (answer.status === 400) throw new Unsupported("400");
      expectEqual(answer, "repositories", listed(answer, "repositories"), []);
      expectNoHeader(answer, "link");
    },
  },
  {
    id: "catalog-n-huge",
    ends: ["ext"],
    level: "MAY",
    name: "an n beyond any maximum answers 200",
    run: async (repository) => {
      await pushFour(repository);
      const answer = await getCatalog(repository, "?n=100000000");
      if (answer.status === 400) throw new Unsupported("400");
      expectStatus(answer, 200);
    },
  },
];
