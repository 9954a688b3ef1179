// One line a minute about clocks, however many tokens tell of them.
import { expect, it } from "vitest";
import { createLogger } from "../../../src/observability/logger.ts";
import { skewWarning } from "../../../src/observability/skew-warning.ts";

it("warns once a minute", () => {
  const lines: { skewSeconds: number; level: string }[] = [];
  const logger = createLogger("info", {
    write: (line: string) => void lines.push(JSON.parse(line) as never),
  });
  let now = 0;
  const warn = skewWarning(logger, () => now);
  for (now of [0, 10, 59_999, 60_000, 60_001]) warn(now);
  expect(lines.map(({ level, skewSeconds }) => [level, skewSeconds])).toEqual([
    ["warn", 0],
    ["warn", 60_000],
  ]);
});
