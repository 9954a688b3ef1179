// A sequence in lists of bounded length: for asking about many things in one question.

export async function* batchesOf<T>(items: AsyncIterable<T>, length: number): AsyncGenerator<readonly T[]> {
  let batch: T[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < length) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
