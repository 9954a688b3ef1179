// Lists of rows and of parameters in statements: many rows travel in few statements, each of bounded length.

/** Rows per statement: long enough to save statements, short enough that one never holds the event loop for long. */
const chunkRows = 100;

export function* chunksOf<T>(rows: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < rows.length; start += chunkRows) yield rows.slice(start, start + chunkRows);
}

/** `$2, $3, $4` for three parameters from the second on. */
export function parameterList(count: number, first = 1): string {
  return Array.from({ length: count }, (_, index) => `$${first + index}`).join(", ");
}

/** `($1, $2), ($3, $4)` for two rows of two columns. */
export function rowList(rows: number, columns: number): string {
  return Array.from({ length: rows }, (_, row) => `(${parameterList(columns, row * columns + 1)})`).join(
    ", ",
  );
}
