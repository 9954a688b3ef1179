// Pages of names: `n` and `last` in, a Link to the next page out (end-8b; RFC 8288).
import type { Context } from "koa";
import { OciError } from "../oci/oci-error.ts";
import type { Page, PageRequest } from "../registry/registry.ts";
import type { Locate } from "./location.ts";
import { queryValue } from "./parameters.ts";

/** More is never given at once, whatever was asked; what is left out is behind the Link. */
const maxEntries = 1000;

export function pageRequestOf(ctx: Context): PageRequest {
  const n = queryValue(ctx, "n");
  if (n !== undefined && !/^\d+$/.test(n)) throw new OciError("pageSizeInvalid", { detail: { n } });
  const last = queryValue(ctx, "last");
  const limit = Math.min(Number(n ?? maxEntries), maxEntries);
  return last === undefined || last === "" ? { limit } : { limit, after: last };
}

/** A page of no entries has no next one: `n=0` must give an empty list and no Link. */
export function linkNextPage(
  ctx: Context,
  path: string,
  { limit }: PageRequest,
  page: Page<string>,
  locate: Locate,
): void {
  const last = page.entries.at(-1);
  if (!page.more || last === undefined) return;
  linkNext(ctx, `${path}?n=${limit}&last=${encodeURIComponent(last)}`, locate);
}

export function linkNext(ctx: Context, target: string, locate: Locate): void {
  ctx.set("link", `<${locate(target)}>; rel="next"`);
}
