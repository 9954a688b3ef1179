// A list to its end, page by page: a command prints one document.

type Request = { readonly limit: number; readonly after?: string };
type Page<T> = { readonly entries: readonly T[]; readonly more: boolean };

const limit = 1000;

/** @param keyOf what the next page begins after */
export async function allPages<T>(
  list: (request: Request) => Promise<Page<T>>,
  keyOf: (entry: T) => string,
): Promise<T[]> {
  const all: T[] = [];
  for (let last: T | undefined; ; last = all.at(-1)) {
    const page = await list({ limit, ...(last !== undefined && { after: keyOf(last) }) });
    all.push(...page.entries);
    if (!page.more) return all;
  }
}
