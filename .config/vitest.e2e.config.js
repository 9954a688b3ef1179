// What `npm run e2e` runs: real clients against real Berth processes, one file after the other.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    include: ["test/e2e/**/*.test.ts"],
    fileParallelism: false,
    pool: "forks",
    testTimeout: process.env["BERTH_TEST_LONG"] === "1" ? 2_400_000 : 300_000,
    hookTimeout: 180_000,
  },
});
