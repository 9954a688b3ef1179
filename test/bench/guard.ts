// The regression guard of CI (`npm run bench -- --guard`): a short run, its ratios held against bounds far from what was measured when they were set.
// It warns and records; a machine's bad day is nobody's fault, so it never fails.
import { readFileSync } from "node:fs";
import type { Row } from "./rows.ts";

/** Least or most of the ratio, or of the figure where a row has no yardstick, by title. */
export type Bounds = Readonly<Record<string, number>>;

/** One sentence for each row that is beyond its bound, is void, or is missing. */
export function warningsOf(rows: readonly Row[], bounds: Bounds): string[] {
  return Object.entries(bounds).flatMap(([title, bound]) => {
    const row = rows.find((candidate) => candidate.title === title);
    if (row === undefined) return [`${title}: nothing was measured`];
    const value = row.ratio ?? ("void" in row.figure ? undefined : row.figure.median);
    if (row.verdict === "void" || value === undefined) return [`${title}: void`];
    const isBeyond = row.target.bound === "least" ? value < bound : value > bound;
    const side = row.target.bound === "least" ? "below" : "above";
    return isBeyond ? [`${title}: ${value.toFixed(2)} is ${side} ${bound}`] : [];
  });
}

export function readBounds(): Bounds {
  return JSON.parse(readFileSync(new URL("bounds.json", import.meta.url), "utf8")) as Bounds;
}
