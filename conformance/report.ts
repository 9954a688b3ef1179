// What a run comes to: a table for people, JSON for programs, and the exit code.
import type { CheckResult, Outcome } from "./run-conformance.ts";

const outcomes: readonly Outcome[] = ["pass", "fail", "unsupported", "skipped"];

/**
 * 0 when every MUST passed or is permissibly unsupported; 1 when one failed, or was skipped and thus never shown to hold.
 */
export function exitCodeOf(results: readonly CheckResult[]): 0 | 1 {
  return results.some(({ level, outcome }) => level === "MUST" && ["fail", "skipped"].includes(outcome))
    ? 1
    : 0;
}

/** An aligned table: end-n, level, requirement, outcome with its reason; and a line of totals. */
export function tableOf(results: readonly CheckResult[]): string {
  const header = ["endpoint", "level", "requirement", "outcome"];
  const rows = results.map(({ ends, level, name, outcome, detail }) => [
    ends.length > 2 ? `${ends.slice(0, 2).join(" ")} …` : ends.join(" "),
    level,
    name,
    detail === "" ? outcome : `${outcome} (${shorten(detail)})`,
  ]);
  const widths = header.map((_, column) =>
    Math.max(...[header, ...rows].map((row) => (row[column] ?? "").length)),
  );
  const lines = [header, ...rows].map((row) => {
    return row
      .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join("  ");
  });
  return [...lines, "", totalsOf(results)].join("\n");
}

/** Without repository names, and digests, tokens and the like by their first characters; the JSON report has them whole. */
const shorten = (detail: string): string =>
  detail
    .replace(/\/v2\/\S*?\/(?=(?:blobs|manifests|tags|referrers)\/)/g, "…/")
    .replace(/([\w%=-]{12})[\w%=-]{36,}/g, "$1…");

/** `221 checks: 170 pass, 3 fail (1 MUST), …` */
export function totalsOf(results: readonly CheckResult[]): string {
  const counts = outcomes.map(
    (outcome) => `${results.filter((result) => result.outcome === outcome).length} ${outcome}`,
  );
  const musts = results.filter(({ level, outcome }) => level === "MUST" && outcome === "fail").length;
  return `${results.length} checks: ${counts.join(", ")}; MUSTs that fail: ${musts}`;
}

export function jsonOf(baseUrl: string, results: readonly CheckResult[]): string {
  return JSON.stringify({ registry: baseUrl, totals: totalsOf(results), results }, undefined, 2);
}
