// docs/garbage-collection.md as it is read: its commands are run from the first to the last, and it names every metric.
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../../../src/config/load-config.ts";
import { createMetrics } from "../../../../src/observability/metrics.ts";
import { randomBlob } from "../../../support/images.ts";
import { scratchDirectory } from "../../../support/scratch-directory.ts";
import { day, gcAtHand } from "./gc-at-hand.ts";

const page = readFileSync(new URL("../../../../docs/garbage-collection.md", import.meta.url), "utf8");

describe("docs/garbage-collection.md", () => {
  it("has commands that do what they are told, one after the other", async () => {
    const { berth, clock, server } = await gcAtHand();
    await server.client.pushBlob("team/app", randomBlob(10));
    clock.ahead = day;
    const lines = Array.from(page.matchAll(/^\$ berth (.*)$/gm), ([, line = ""]) => line);
    const codes: unknown[] = [];
    for (const line of lines) codes.push([line, (await berth(line)).code]);
    expect(codes).toEqual(lines.map((line) => [line, 0]));
    expect(lines).toHaveLength(6);
  });

  it("has a configuration that says what is so anyway", async () => {
    const [, text = ""] = /```yaml\n(.*?)```/s.exec(page) ?? [];
    const file = join(await scratchDirectory(), "berth.yaml");
    await writeFile(file, text);
    expect(loadConfig({ file, env: {} }).gc).toEqual(loadConfig({ env: {} }).gc);
    expect(text).toContain("graceSeconds");
  });

  it("names every metric of the collector", async () => {
    const metrics = createMetrics();
    metrics.collector.watch(async () => {
      return { bytes: 0, earliestAt: undefined, lastRunAt: undefined, lastErrorAt: undefined };
    });
    const { text } = await metrics.render();
    const names = Array.from(text.matchAll(/^# TYPE (berth_gc_\w+)/gm), ([, name = ""]) => name);
    expect(names).toHaveLength(6);
    expect(names.filter((name) => !page.includes(name))).toEqual([]);
  });
});
