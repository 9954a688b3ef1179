// Gauges of what others know: looked up at every scrape.
import { Gauge, type Registry } from "prom-client";

export type WatchedGauge<T> = readonly [name: string, help: string, figure: (figures: T) => number];

/** Each asks for itself, since they are read at the same time. */
export function watchGauges<T>(
  registry: Registry,
  gauges: readonly WatchedGauge<T>[],
  look: () => Promise<T>,
): void {
  for (const [name, help, figure] of gauges) {
    const gauge: Gauge = new Gauge({
      ...{ name, help, registers: [registry] },
      // every worker knows the same of them, one a little later than another
      aggregator: "max",
      collect: async () => {
        // A store that does not answer must not hide the other figures. The last known stay.
        const figures = await look().catch(() => undefined);
        if (figures !== undefined) gauge.set(figure(figures));
      },
    });
  }
}

/** As Prometheus has times; 0 for one that never was. */
export function timestamp(milliseconds: number | undefined): number {
  return (milliseconds ?? 0) / 1000;
}
