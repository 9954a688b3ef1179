// The metrics have an address of their own, where nothing else is.
import { describe, expect, it } from "vitest";
import { send } from "../../support/http-request.ts";
import { testRegistry } from "../../support/test-registry.ts";

describe("the metrics' address", () => {
  it("serves GET /metrics and nothing of the registry, which in turn does not serve them", async () => {
    const registry = await testRegistry({ env: { BERTH_METRICS_LISTEN: "127.0.0.1:0" } });
    const { origin } = new URL(registry.metricsUrl!);
    await registry.client.send("GET", "/v2/_catalog");
    const metrics = await send(origin, "GET", "/metrics");
    expect([metrics.status, String(metrics.headers["content-type"])]).toEqual([
      200,
      expect.stringMatching(/^text\/plain/),
    ]);
    expect(metrics.body.toString()).toContain('route="/v2/_catalog",code="200"} 1');
    for (const [method, path] of [
      ["GET", "/v2/"],
      ["POST", "/metrics"],
      ["GET", "/"],
    ] as const) {
      expect((await send(origin, method, path)).status).toBe(404);
    }
    expect((await registry.client.send("GET", "/metrics")).status).toBe(404);
  });

  it("is not opened unless configured", async () => {
    const registry = await testRegistry();
    expect(registry.metricsUrl).toBeUndefined();
  });
});
