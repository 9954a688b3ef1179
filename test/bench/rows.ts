// Measurements → rows: medians, their spread, the ratio and whether the target was met.
import type { Showing } from "./run-scenario.ts";
import type { RowPlan, Scenario, Target } from "./scenario.ts";

export interface Spread {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

/** One contender's figure of a row, or why there is none. */
export type Figure = ({ readonly name: string } & Spread) | { readonly name: string; readonly void: string };

export interface Row {
  readonly scenario: string;
  readonly title: string;
  readonly unit: string;
  readonly figure: Figure;
  readonly yardstick?: Figure;
  /** Of the medians. */
  readonly ratio?: number;
  readonly target: Target;
  readonly verdict: "ok" | "missed" | "void";
  readonly peers: readonly Figure[];
  /** CPU seconds of the server for one unit of work, and the most memory that it took, MiB; medians. Where the plan has a unit. */
  readonly cpu?: number;
  readonly per?: string;
  readonly rss?: number;
}

export function rowsOf(scenario: Scenario, showings: readonly Showing[], peers: readonly string[]): Row[] {
  return scenario.rows.map((plan) => rowOf(scenario.name, plan, showings, peers));
}

function rowOf(scenario: string, plan: RowPlan, showings: readonly Showing[], peers: readonly string[]): Row {
  const { title, unit, target, per, of = "Berth", against } = plan;
  const own = showings.find(({ name }) => name === of);
  const figure = figureOf(of, own ?? opened(showings), plan.figure);
  const yardstick =
    against === undefined ? undefined : figureOf(against, find(showings, against), plan.figure);
  const ratio = ratioOf(figure, yardstick);
  const [cpu, rss] = [medianOf(own, "cpu"), medianOf(own, "rss")];
  return {
    ...{ scenario, title, unit, figure, target, verdict: verdictOf(target, figure, ratio) },
    peers: peers.flatMap((name) => {
      const showing = find(showings, name);
      return showing === undefined ? [] : [figureOf(name, showing, plan.figure)];
    }),
    ...(yardstick && { yardstick }),
    ...(ratio !== undefined && { ratio }),
    ...(cpu !== undefined && per !== undefined && { cpu, per }),
    ...(rss !== undefined && per !== undefined && { rss }),
  };
}

/** A scenario that could not be opened has one showing, which says why. */
function opened(showings: readonly Showing[]): Showing | undefined {
  return showings.find((showing) => showing.void !== undefined);
}

const find = (showings: readonly Showing[], name: string): Showing | undefined =>
  showings.find((showing) => showing.name === name);

function figureOf(name: string, showing: Showing | undefined, key: string): Figure {
  if (showing === undefined) return { name, void: "it did not take part" };
  if (showing.void !== undefined) return { name, void: showing.void };
  const spread = spreadOf(valuesOf(showing, key));
  return spread === undefined ? { name, void: `it has no figure "${key}"` } : { name, ...spread };
}

function valuesOf(showing: Showing, key: string): number[] {
  return showing.samples.flatMap((sample) => sample[key] ?? []);
}

export function spreadOf(values: readonly number[]): Spread | undefined {
  const sorted = values.toSorted((one, other) => one - other);
  const [lowest, highest] = [sorted[0], sorted.at(-1)];
  if (lowest === undefined || highest === undefined) return undefined;
  const middle = sorted.slice(Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2) + 1);
  const median = middle.reduce((sum, value) => sum + value, 0) / middle.length;
  return { median, lowest, highest };
}

function medianOf(showing: Showing | undefined, key: string): number | undefined {
  return showing && spreadOf(valuesOf(showing, key))?.median;
}

function ratioOf(figure: Figure, yardstick: Figure | undefined): number | undefined {
  if (yardstick === undefined || "void" in figure || "void" in yardstick) return undefined;
  return figure.median / yardstick.median;
}

function verdictOf(target: Target, figure: Figure, ratio: number | undefined): Row["verdict"] {
  const value = target.what === "ratio" ? ratio : "void" in figure ? undefined : figure.median;
  if (value === undefined || Number.isNaN(value)) return "void";
  const met = target.bound === "least" ? value >= target.limit : value <= target.limit;
  return met ? "ok" : "missed";
}
