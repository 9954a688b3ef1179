// A paged list as one sequence, of which no more than a page is held.
import type { Page, PageRequest } from "../../storage/metadata/metadata-store.ts";

const limit = 500;

/** Ends early, by an error, when `signal` fires. */
export async function* toTheEnd<T extends { readonly digest: string }>(
  list: (page: PageRequest) => Promise<Page<T>>,
  signal: AbortSignal,
): AsyncGenerator<T> {
  for (let after: string | undefined, more = true; more;) {
    signal.throwIfAborted();
    const page = await list({ limit, ...(after !== undefined && { after }) });
    yield* page.entries;
    more = page.more;
    after = page.entries.at(-1)?.digest;
  }
}
