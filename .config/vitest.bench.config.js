// What `npm run bench` runs: speed and memory, side by side in one run. Never a verdict, so never part of the tests.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    include: ["test/bench/**/*.bench.ts"],
    fileParallelism: false,
    pool: "forks",
    testTimeout: 600_000,
  },
});
