// Work on many things, some of them at once: for what mostly waits for another machine.

/** Calls `work` for each of `items`, at most `lanes` at a time. The first error ends it, once the others came to an end. */
export async function inParallel<T>(
  items: AsyncIterable<T> | Iterable<T>,
  lanes: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = eachOf(items);
  let failed = false;
  const lane = async (): Promise<void> => {
    try {
      while (!failed) {
        const next = await queue.next();
        if (next.done === true) return;
        await work(next.value);
      }
    } catch (error) {
      failed = true;
      throw error;
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: lanes }, lane));
  await queue.return(undefined);
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

async function* eachOf<T>(items: AsyncIterable<T> | Iterable<T>): AsyncGenerator<T, undefined> {
  yield* items;
}
