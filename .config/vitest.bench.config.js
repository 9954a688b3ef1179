// What `npm run bench -- --study NAME` runs: speed and memory, side by side. Never a verdict, so never part of the tests.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    include: ["test/bench/studies/*.bench.ts"],
    fileParallelism: false,
    pool: "forks",
    testTimeout: 600_000,
  },
});
