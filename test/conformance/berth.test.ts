// Berth against its own black-box suite: nothing is red, nothing optional is missing.
import { afterAll, beforeAll, expect, test } from "vitest";
import { exitCodeOf } from "../../conformance/report.ts";
import { runConformance, type CheckResult } from "../../conformance/run-conformance.ts";
import { startMutatingProxy } from "../support/mutating-proxy.ts";
import { startRegistry, type StartedRegistry } from "../support/start-registry.ts";

let registry: StartedRegistry;

beforeAll(async () => {
  registry = await startRegistry();
});

afterAll(() => registry.close());

const notPassed = (results: readonly CheckResult[]) => results.filter(({ outcome }) => outcome !== "pass");

test("every check passes against Berth, optional features included", async () => {
  const results = await runConformance(registry.url);
  expect(notPassed(results)).toEqual([]);
  expect(exitCodeOf(results)).toBe(0);
  expect(new Set(results.map(({ id }) => id)).size).toBe(results.length);
});

test("a proxy without a fault changes nothing", async () => {
  const proxy = await startMutatingProxy(registry.url);
  try {
    expect(notPassed(await runConformance(proxy.url))).toEqual([]);
    expect(proxy.changed).toBe(0);
  } finally {
    await proxy.close();
  }
});
