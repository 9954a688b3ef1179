// Reading referrers lists: support, descriptors, pages.
import { SetupFailed, Unsupported } from "../check.ts";
import { unknownDigest, type Descriptor } from "../content.ts";
import { expectJson, expectStatus, failed } from "../expectations.ts";
import type { Answer } from "../http-client.ts";
import type { Repository } from "../repository.ts";
import { nextPage } from "./lists.ts";

/** The registry has the API: its answer to any well-formed digest is not 404. */
export async function requireReferrers(repository: Repository): Promise<void> {
  const answer = await repository
    .send("GET", repository.referrersPath(unknownDigest()))
    .catch((error: unknown) => {
      throw new SetupFailed(String(error));
    });
  if (answer.status === 404) throw new Unsupported("no referrers API (404)");
}

export function getReferrers(repository: Repository, subject: string, query = ""): Promise<Answer> {
  return repository.send("GET", `${repository.referrersPath(subject)}${query}`);
}

/** The descriptors of a 200. */
export function referrersIn(answer: Answer): readonly Descriptor[] {
  expectStatus(answer, 200);
  const { manifests } = expectJson(answer);
  if (!Array.isArray(manifests)) throw failed(answer, "the body has no list of manifests");
  return manifests as Descriptor[];
}

/** The descriptors of this page and all after it. */
export async function followReferrers(repository: Repository, first: Answer): Promise<readonly Descriptor[]> {
  const all = [...referrersIn(first)];
  let next = nextPage(first);
  for (let pages = 1; next !== undefined; pages += 1) {
    if (pages === 50) throw failed(first, "the pages do not end");
    const answer = await repository.send("GET", next);
    all.push(...referrersIn(answer));
    next = nextPage(answer);
  }
  return all;
}
