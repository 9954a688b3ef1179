// Reading lists of names and walking their pages: tags and the catalog do it alike.
import { expectJson, expectStatus, failed } from "../expectations.ts";
import type { Answer } from "../http-client.ts";
import type { Repository } from "../repository.ts";

const maxPages = 50;

/** The names under `field` of a 200. */
export function listed(answer: Answer, field: string): readonly string[] {
  expectStatus(answer, 200);
  const names = expectJson(answer)[field];
  if (!Array.isArray(names)) throw failed(answer, `the body has no list under ${JSON.stringify(field)}`);
  return names.map(String);
}

/** The address of the next page from `Link: <…>; rel="next"` (RFC 8288), or undefined when there is none. */
export function nextPage(answer: Answer): string | undefined {
  const link = answer.header("link");
  if (link === undefined) return undefined;
  const target = /<([^>]*)>\s*;(?:[^,]*;)?\s*rel="?next"?/i.exec(link)?.[1];
  if (target === undefined) throw failed(answer, `Link is ${JSON.stringify(link)}, wanted <…>; rel="next"`);
  return new URL(target, answer.url).href;
}

/** Everything under `field` from this page to the last, or until there is `enough` of it. */
export async function followLinks(
  repository: Repository,
  first: Answer,
  field: string,
  enough = Infinity,
): Promise<readonly string[]> {
  const names = [...listed(first, field)];
  let next = nextPage(first);
  for (let pages = 1; next !== undefined && names.length < enough; pages += 1) {
    if (pages === maxPages) throw failed(first, `the pages do not end: ${maxPages} so far`);
    const answer = await repository.send("GET", next);
    names.push(...listed(answer, field));
    next = nextPage(answer);
  }
  return names;
}
