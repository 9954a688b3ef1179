// Log lines are written with the turn that made them, and none is lost when the process exits.
import { spawnSync } from "node:child_process";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { LinesOfATurn } from "../../../src/observability/lines-of-a-turn.ts";

test("lines of one turn are one write, in their order, when the turn is over", async () => {
  const written: string[] = [];
  const lines = new LinesOfATurn({ write: (text) => void written.push(text) });
  lines.write("a\n");
  lines.write("b\n");
  expect(written).toEqual([]);
  await nextTurn();
  expect(written).toEqual(["a\nb\n"]);
  lines.write("c\n");
  lines.pass();
  await nextTurn();
  expect(written).toEqual(["a\nb\n", "c\n"]);
});

test("what was logged just before the process exits is written", () => {
  const logger = new URL("../../../dist/src/observability/logger.js", import.meta.url).href;
  const program = `
    const { openLog } = await import(${JSON.stringify(logger)});
    const { logger } = openLog("info");
    for (let n = 0; n < 100; n++) logger.info({ n }, "line");
    process.exit(3);`;
  const { status, stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    encoding: "utf8",
  });
  expect(status).toBe(3);
  expect(stdout.trim().split("\n")).toHaveLength(100);
});
