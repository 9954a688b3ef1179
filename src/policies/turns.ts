// Work on long lists in short pieces: a generator that yields after each, so that whoever runs it can let others have
// their turn. A repository may have a hundred thousand tags, and judging them at once would hold up every request. Pure.

/** To be run to its end; what it yields says nothing. */
export type InTurns<T> = Generator<undefined, T, undefined>;

const pieceLength = 500;

export function* filterInTurns<T>(items: readonly T[], fits: (item: T) => boolean): InTurns<T[]> {
  const found: T[] = [];
  for (let start = 0; start < items.length; start += pieceLength) {
    for (const item of items.slice(start, start + pieceLength)) if (fits(item)) found.push(item);
    yield;
  }
  return found;
}

export function* mapInTurns<T, U>(items: readonly T[], map: (item: T) => U): InTurns<U[]> {
  const mapped: U[] = [];
  for (let start = 0; start < items.length; start += pieceLength) {
    for (const item of items.slice(start, start + pieceLength)) mapped.push(map(item));
    yield;
  }
  return mapped;
}

/** As toSorted() does: what is equal stays in its order. */
export function* sortInTurns<T>(items: readonly T[], compare: (a: T, b: T) => number): InTurns<T[]> {
  let sorted: T[][] = [];
  for (let start = 0; start < items.length; start += pieceLength) {
    sorted.push(items.slice(start, start + pieceLength).sort(compare));
    yield;
  }
  while (sorted.length > 1) {
    const longer: T[][] = [];
    for (let at = 0; at < sorted.length; at += 2) {
      longer.push(yield* mergeInTurns(sorted[at] ?? [], sorted[at + 1] ?? [], compare));
    }
    sorted = longer;
  }
  return sorted[0] ?? [];
}

function* mergeInTurns<T>(
  first: readonly T[],
  second: readonly T[],
  compare: (a: T, b: T) => number,
): InTurns<T[]> {
  const merged: T[] = [];
  let at = 0;
  for (const item of first) {
    for (let next = second[at]; next !== undefined && compare(next, item) < 0; next = second[at]) {
      merged.push(next);
      at += 1;
      if (merged.length % pieceLength === 0) yield;
    }
    merged.push(item);
    if (merged.length % pieceLength === 0) yield;
  }
  for (; at < second.length; at += pieceLength) {
    merged.push(...second.slice(at, at + pieceLength));
    yield;
  }
  return merged;
}
