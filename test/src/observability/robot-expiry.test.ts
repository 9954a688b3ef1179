// When robots end, for whoever watches the metrics (REQ-55).
import { expect, it } from "vitest";
import { createMetrics, type Expiring } from "../../../src/observability/metrics.ts";
import { startRegistry } from "../../support/start-registry.ts";

it("shows when each robot that expires does so, and no other", async () => {
  const env = { BERTH_AUTH_MODE: "accounts", BERTH_METRICS_LISTEN: "127.0.0.1:0" };
  const registry = await startRegistry({ env, adminPassword: "correct horse" });
  const authorization = `Basic ${Buffer.from("admin:correct horse").toString("base64")}`;
  const create = async (body: object) =>
    (
      await fetch(`${registry.url}/api/v1/robots`, {
        method: "POST",
        headers: { authorization, "content-type": "application/json" },
        body: JSON.stringify(body),
      })
    ).status;
  const expiresAt = new Date(Date.now() + 86_400_000).toISOString();
  expect(await create({ name: "ending", actions: ["pull"], expiresAt })).toBe(201);
  expect(await create({ name: "lasting", actions: ["pull"] })).toBe(201);
  const text = await (await fetch(registry.metricsUrl ?? "")).text();
  const shown = text.split("\n").filter((line) => line.startsWith("berth_robot_expiry"));
  expect(shown).toHaveLength(1);
  expect(shown[0]).toMatch(/^berth_robot_expiry_timestamp_seconds\{robot="ending"\} \d/);
  expect(Number(shown[0]?.split(" ")[1])).toBeCloseTo(Date.parse(expiresAt) / 1000, 0);
  await registry.close();
});

it("shows what was known last, and all the rest, when the robots can't be read", async () => {
  const metrics = createMetrics();
  let answer = async (): Promise<Expiring[]> => [{ robot: "ci", expiresAt: 5000 }];
  metrics.watchExpiry(() => answer());
  await metrics.render();
  answer = async () => {
    throw new Error("the disk is gone");
  };
  const { text } = await metrics.render();
  expect(text).toContain('berth_robot_expiry_timestamp_seconds{robot="ci"} 5\n');
  expect(text).toContain("berth_http_in_flight_requests 0");
});
