// What is counted, under which names, and the listener that shows it on an address of its own.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import { collectorMetrics, type CollectorMetrics } from "./collector-metrics.ts";
import { retentionMetrics, type RetentionMetrics } from "./retention-metrics.ts";
import { fsckMetrics, type FsckMetrics } from "./fsck-metrics.ts";
import { mirrorMetrics, type MirrorMetrics } from "./mirror-metrics.ts";
import type { Figures } from "./workers-metrics.ts";

export interface FinishedRequest {
  readonly method: string;
  /** The row of the route table, so that names of repositories never become label values. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

export interface HttpMetrics {
  begin(): void;
  end(request: FinishedRequest): void;
}

export interface Metrics {
  readonly http: HttpMetrics;
  readonly mirror: MirrorMetrics;
  readonly collector: CollectorMetrics;
  readonly retention: RetentionMetrics;
  readonly fsck: FsckMetrics;
  /** Shows when each of these ends, so that nobody learns of it from a broken build (REQ-55). Asked at every scrape. */
  watchExpiry(list: () => Promise<readonly Expiring[]>): void;
  /** All figures in Prometheus' text format. */
  render(): Promise<RenderedMetrics>;
  /** All figures, to be added to those of other processes. */
  figures(): Promise<Figures>;
}

export interface RenderedMetrics {
  readonly contentType: string;
  readonly text: string;
}

/** A robot that is not valid from a point in time on. */
export interface Expiring {
  readonly robot: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** How much room the disk has left, and below what pushes are refused (REQ-22). */
export interface WatchedRoom {
  readonly minFreeBytes: number;
  /** Asked at every scrape. */
  free(): Promise<number>;
}

export function createMetrics({ room }: { readonly room?: WatchedRoom } = {}): Metrics {
  const registry = new Registry();
  if (room) watchRoom(registry, room);
  collectDefaultMetrics({ register: registry, prefix: "berth_" });
  return {
    http: httpMetrics(registry),
    mirror: mirrorMetrics(registry),
    collector: collectorMetrics(registry),
    retention: retentionMetrics(registry),
    fsck: fsckMetrics(registry),
    watchExpiry: (list) => watchExpiry(registry, list),
    render: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
    figures: () => registry.getMetricsAsJSON(),
  };
}

function httpMetrics(registry: Registry): HttpMetrics {
  const labelNames = ["method", "route", "code"] as const;
  const requests = new Counter({
    name: "berth_http_requests_total",
    help: "Requests answered, by row of the route table.",
    labelNames,
    registers: [registry],
  });
  const durations = new Histogram({
    name: "berth_http_request_duration_seconds",
    help: "From the first byte of a request to the last byte of its answer.",
    labelNames: ["method", "route"],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60, 600],
    registers: [registry],
  });
  const inFlight = new Gauge({
    name: "berth_http_in_flight_requests",
    help: "Requests being answered now.",
    registers: [registry],
  });
  // Looking a row up by its labels costs more than counting in it. There are as many as routes, methods and codes.
  const rows = new Map<string, (seconds: number) => void>();
  const rowOf = ({ method, route, status }: FinishedRequest): ((seconds: number) => void) => {
    const request = requests.labels({ method, route, code: String(status) });
    const duration = durations.labels({ method, route });
    return (seconds) => {
      request.inc();
      duration.observe(seconds);
    };
  };
  return {
    begin: () => inFlight.inc(),
    end: (finished) => {
      inFlight.dec();
      const key = `${finished.method} ${finished.status} ${finished.route}`;
      const count = rows.get(key) ?? rowOf(finished);
      rows.set(key, count);
      count(finished.seconds);
    },
  };
}

function watchExpiry(registry: Registry, list: () => Promise<readonly Expiring[]>): void {
  const expiry = new Gauge({
    name: "berth_robot_expiry_timestamp_seconds",
    help: "When a robot that expires does so, in seconds since 1970.",
    labelNames: ["robot"],
    registers: [registry],
    aggregator: "max",
    collect: async () => {
      // A store that does not answer must not hide the other figures: least of all then. The last known stay.
      const robots = await list().catch(() => undefined);
      if (robots === undefined) return;
      expiry.reset();
      for (const { robot, expiresAt } of robots) expiry.set({ robot }, expiresAt / 1000);
    },
  });
}

function watchRoom(registry: Registry, room: WatchedRoom): void {
  const registers = [registry];
  const left: Gauge = new Gauge({
    name: "berth_storage_free_bytes",
    help: "Room on the disk of the blobs or of the database, whichever has less.",
    registers,
    aggregator: "min",
    collect: async () => left.set(await room.free()),
  });
  const least = new Gauge({
    name: "berth_storage_min_free_bytes",
    help: "With less room than this, pushes are refused.",
    registers,
    aggregator: "max",
  });
  least.set(room.minFreeBytes);
}

/** Serves `GET /metrics` and nothing else. */
export async function listenForMetrics(
  metrics: Pick<Metrics, "render">,
  address: { host: string; port: number },
): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    if (request.url !== "/metrics" || request.method !== "GET") {
      response.writeHead(404).end("The metrics are at GET /metrics\n");
      return;
    }
    metrics.render().then(
      ({ contentType, text }) => response.writeHead(200, { "content-type": contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  await new Promise<void>((resolve, reject) =>
    server.once("error", reject).listen(address.port, address.host, resolve),
  );
  const { port } = server.address() as AddressInfo;
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  return {
    url: `http://${host}:${port}/metrics`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
