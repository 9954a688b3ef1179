// The metrics of several processes read like those of one.
import { expect, it } from "vitest";
import { createMetrics, type Metrics } from "../../../src/observability/metrics.ts";
import { workersMetrics } from "../../../src/observability/workers-metrics.ts";

function metricsWith(free: number): Metrics {
  return createMetrics({ room: { minFreeBytes: 1000, free: async () => free } });
}

it("adds up what each counted, and takes once what all of them know", async () => {
  const [one, other] = [metricsWith(5000), metricsWith(4000)];
  for (const { http } of [one, one, other]) {
    http.begin();
    http.end({ method: "GET", route: "/v2/", status: 200, seconds: 0.01 });
  }
  other.http.begin();
  for (const metrics of [one, other]) {
    metrics.watchExpiry(async () => [{ robot: "ci", expiresAt: 2_000_000 }]);
    const pending = { bytes: 77, earliestAt: undefined, lastRunAt: 3000, lastErrorAt: undefined };
    metrics.collector.watch(async () => pending);
  }
  const together = workersMetrics(() => Promise.all([one.figures(), other.figures()]));
  together.died();
  const { text, contentType } = await together.render();
  expect(contentType).toMatch(/^text\/plain/);
  const lines = text.split("\n");
  expect(lines).toEqual(
    expect.arrayContaining([
      'berth_http_requests_total{method="GET",route="/v2/",code="200"} 3',
      'berth_http_request_duration_seconds_count{method="GET",route="/v2/"} 3',
      "berth_http_in_flight_requests 1",
      "berth_storage_free_bytes 4000",
      "berth_storage_min_free_bytes 1000",
      'berth_robot_expiry_timestamp_seconds{robot="ci"} 2000',
      "berth_gc_pending_bytes 77",
      "berth_gc_last_run_timestamp_seconds 3",
      "berth_workers 2",
      "berth_worker_deaths_total 1",
    ]),
  );
});
