// The metrics of several processes as one: what each counted is added up, what all of them know counts once (the
// `aggregator` of each gauge says how). Apart from metrics.ts, because only the primary of several workers needs it.
import {
  AggregatorRegistry,
  collectDefaultMetrics,
  Counter,
  Gauge,
  Registry,
  type MetricObjectWithValues,
  type MetricValue,
} from "prom-client";
import type { RenderedMetrics } from "./metrics.ts";

/** All figures of one process, as plain data. */
export type Figures = readonly MetricObjectWithValues<MetricValue<string>>[];

export interface WorkersMetrics {
  /** A worker ended that was not asked to. */
  died(): void;
  render(): Promise<RenderedMetrics>;
}

/** @param ask gives, at each scrape, the figures of each worker that serves */
export function workersMetrics(ask: () => Promise<readonly Figures[]>): WorkersMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix: "berth_" });
  const serving = new Gauge({ name: "berth_workers", help: "Workers that serve now.", registers });
  const deaths = new Counter({
    name: "berth_worker_deaths_total",
    help: "Workers that ended without being asked to, each of which was replaced.",
    registers,
  });
  return {
    died: () => deaths.inc(),
    render: async () => {
      const figures = await ask();
      serving.set(figures.length);
      const own = await registry.getMetricsAsJSON();
      const together = AggregatorRegistry.aggregate([own, ...figures.map((those) => [...those])]);
      return { contentType: together.contentType, text: await together.metrics() };
    },
  };
}
