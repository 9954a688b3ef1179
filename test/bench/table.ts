// Rows → the table on the terminal.
import type { Figure, Row } from "./rows.ts";
import type { Target } from "./scenario.ts";

/** @param peers whose columns stand beside, in this order */
export function renderTable(rows: readonly Row[], peers: readonly string[]): string {
  const head = [
    "scenario",
    "Berth (spread)",
    "yardstick (spread)",
    "ratio",
    "target",
    "",
    ...peers,
    "CPU",
    "RSS MiB",
  ];
  const body = rows.map((row) => [
    `${row.title}, ${row.unit}`,
    ownText(row.figure),
    row.yardstick === undefined ? "–" : `${row.yardstick.name} ${figureText(row.yardstick)}`,
    row.ratio === undefined ? "–" : row.ratio.toFixed(2),
    targetText(row.target, row.unit),
    row.verdict,
    ...peers.map((peer) => peerText(row, peer)),
    row.cpu === undefined || row.per === undefined ? "–" : `${secondsText(row.cpu)}/${row.per}`,
    row.rss === undefined ? "–" : numberText(row.rss),
  ]);
  return lines([head, ...body]).join("\n");
}

function lines([head = [], ...body]: readonly (readonly string[])[]): string[] {
  const widths = head.map((text, column) =>
    Math.max(text.length, ...body.map((cells) => cells[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join(" | ")
      .trimEnd();
  return [line(head), widths.map((width) => "-".repeat(width)).join("-|-"), ...body.map(line)];
}

/** Where it is not plain Berth, it says what. */
function ownText(figure: Figure): string {
  const text = figureText(figure);
  return figure.name === "Berth" ? text : `${figure.name.replace(/^Berth,? /, "")}: ${text}`;
}

function figureText(figure: Figure): string {
  if ("void" in figure) return `void: ${figure.void}`;
  const { median, lowest, highest } = figure;
  return `${numberText(median)} (${numberText(lowest)}–${numberText(highest)})`;
}

function peerText({ peers }: Row, name: string): string {
  const figure = peers.find((peer) => peer.name === name);
  return figure === undefined ? "–" : figureText(figure);
}

function targetText({ what, bound, limit }: Target, unit: string): string {
  return `${bound === "least" ? "≥" : "≤"} ${limit} ${what === "ratio" ? "×" : unit}`;
}

/** Three digits that count. */
export function numberText(value: number): string {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en");
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return value.toFixed(Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 0.1 ? 2 : 4);
}

function secondsText(seconds: number): string {
  if (seconds >= 0.1) return `${seconds.toFixed(2)} s`;
  return seconds >= 0.001 ? `${(seconds * 1000).toFixed(1)} ms` : `${(seconds * 1_000_000).toFixed(0)} µs`;
}
