// What `npm test` runs: everything under test/ but the end-to-end folder, which needs real programs.
import { readFileSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    include: ["test/**/*.test.ts"],
    exclude: ["test/e2e/**", "**/node_modules/**"],
    env: { TMPDIR: scratchPlace() },
    // For what hangs. A busy machine is no reason to be red.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
    pool: "forks",
    // Many tests wait for limits to pass: another worker has something to do meanwhile, on one core too. Nothing here
    // keeps state in a module, so that files may share what was imported.
    maxWorkers: 3,
    isolate: false,
  },
});

/**
 * Memory, where there is enough of it and programs may run from it: nothing here depends on a real disk, and its syncs
 * would take longer than all that is computed. The environment's TMPDIR goes first.
 */
function scratchPlace() {
  const memory = "/dev/shm";
  try {
    const { bavail, bsize } = statfsSync(memory);
    const mounted = readFileSync("/proc/mounts", "utf8").match(/^\S+ \/dev\/shm \S+ (\S+)/m)?.[1] ?? "noexec";
    const fits = bavail * bsize >= 2 * 1024 ** 3 && !mounted.split(",").includes("noexec");
    return process.env.TMPDIR ?? (fits ? memory : tmpdir());
  } catch {
    return tmpdir();
  }
}
