// Lists of tags and of referrers, as JSON of which nothing is believed before it was looked at.
import { parseTag } from "../oci/reference.ts";
import { RemoteError } from "./remote-error.ts";

/** What is no tag is left out. @throws RemoteError failing, for what is no list of tags */
export function parseTags(bytes: Buffer, host: string): string[] {
  const { tags } = parseObject(bytes, host);
  // Some say null of a repository without tags.
  if (tags === null || tags === undefined) return [];
  if (!Array.isArray(tags)) throw nonsense(host);
  return tags.filter((tag): tag is string => typeof tag === "string" && parseTag(tag) !== undefined);
}

/**
 * The list in one piece: a single page as it came; of several, the first with the entries of all.
 * @throws RemoteError failing, for what is no list of referrers
 */
export function parseReferrers(pages: readonly Buffer[], host: string): Buffer {
  const lists = pages.map((page) => {
    const list = parseObject(page, host);
    if (!Array.isArray(list["manifests"])) throw nonsense(host);
    return { list, manifests: list["manifests"] as readonly unknown[] };
  });
  const [first, ...rest] = lists;
  const [page] = pages;
  if (!first || !page) throw nonsense(host);
  if (rest.length === 0) return page;
  const manifests = lists.flatMap((each) => each.manifests);
  return Buffer.from(JSON.stringify({ ...first.list, manifests }));
}

function parseObject(bytes: Buffer, host: string): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString("utf8"));
  } catch {
    throw nonsense(host);
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw nonsense(host);
  return json as Record<string, unknown>;
}

function nonsense(host: string): RemoteError {
  return new RemoteError("failing", `${host} sent a list that is none`);
}
