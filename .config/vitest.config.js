// What `npm test` runs: everything under test/ but the end-to-end and bench folders, which need real programs.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    include: ["test/**/*.test.ts"],
    exclude: ["test/e2e/**", "test/bench/**", "**/node_modules/**"],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    pool: "forks",
    // Many tests wait for limits to pass: a second worker has something to do meanwhile, on one core too. Nothing here
    // keeps state in a module, so that files may share what was imported.
    maxWorkers: 2,
    isolate: false,
  },
});
