// Lists in pages: `limit` and `after` in, `items` and `next` out. A page begins after a key, never after a number of rows.
import { z } from "zod";
import type { Page, PageRequest } from "../../registry/registry.ts";

const maxLimit = 1000;

export const limit = z.coerce.number().int().min(1).max(maxLimit).default(100).describe("How many at most.");

export const pageQuery = z.object({
  limit,
  after: z.string().max(300).optional().describe("`next` of the page before."),
});

type PageQuery = z.infer<typeof pageQuery>;

export function pageRequestOf({ limit, after }: PageQuery): PageRequest {
  return after === undefined ? { limit } : { limit, after };
}

/** @param name of the page in the OpenAPI document */
export function pageSchema<T>(name: string, item: z.ZodType<T>) {
  return z
    .strictObject({
      items: z.array(item),
      next: z.string().nullable().describe("What to ask for the next page with; null: this is the last one."),
    })
    .meta({ id: name });
}

/** @param keyOf what the page after an entry begins with */
export function answerPage<T, V>(
  { entries, more }: Page<T>,
  viewOf: (entry: T) => V,
  keyOf: (entry: T) => string,
): { items: V[]; next: string | null } {
  const last = entries.at(-1);
  return { items: entries.map(viewOf), next: more && last !== undefined ? keyOf(last) : null };
}

/** A list that is short by its nature. */
export function wholeList<V>(items: V[]): { items: V[]; next: null } {
  return { items, next: null };
}
