// Patterns of images that stay in the cache. They are few, and whoever evicts reads all of them.
import { query, queryOne, type Command } from "../statement.ts";

export function* listPins(): Command<string[]> {
  const rows = yield* query<{ pattern: string }>("SELECT pattern FROM mirror_pins ORDER BY pattern");
  return rows.map((row) => row.pattern);
}

export function* addPin(pattern: string, now: number): Command<void> {
  yield* query(
    "INSERT INTO mirror_pins (pattern, pinned_at) VALUES ($1, $2) ON CONFLICT (pattern) DO NOTHING",
    pattern,
    now,
  );
}

export function* removePin(pattern: string): Command<boolean> {
  const row = yield* queryOne("DELETE FROM mirror_pins WHERE pattern = $1 RETURNING pattern", pattern);
  return row !== undefined;
}
