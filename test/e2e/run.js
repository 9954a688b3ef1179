// Runs the end-to-end tests and prints what each real client did. Plain JavaScript of its own, because vitest alone
// neither knows `--long` nor cleans up after daemons when it is interrupted.
//   node test/e2e/run.js [--long] [--workers N] [vitest's own filters and flags]
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const root = new URL("../..", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "be2e-"));
const results = process.env["BERTH_TEST_RESULTS"] ?? join(folder, "results.json");
const { workers, given } = takeWorkers(process.argv.slice(2));

/** `--workers N` or `--workers=N`: each Berth of the tests is made of so many processes. */
function takeWorkers(all) {
  const at = all.findIndex((argument) => /^--workers(=|$)/.test(argument));
  if (at === -1) return { workers: undefined, given: all };
  const inOne = all[at].split("=")[1];
  return {
    workers: inOne ?? all[at + 1],
    given: all.toSpliced(at, inOne === undefined ? 2 : 1),
  };
}

/** Ids of processes whose command line names our temporary folder: nothing else can be meant. */
function leftovers() {
  const ids = readdirSync("/proc").filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid);
  return ids.filter((id) => {
    try {
      return readFileSync(`/proc/${id}/cmdline`, "utf8").includes(folder);
    } catch {
      return false;
    }
  });
}

async function cleanUp() {
  for (const signal of ["SIGTERM", "SIGKILL"]) {
    const left = leftovers();
    for (const id of left) {
      try {
        process.kill(Number(id), signal);
      } catch (error) {
        if (error.code !== "ESRCH") throw error;
      }
    }
    for (let waited = 0; waited < 50 && leftovers().length > 0; waited++) await delay(100);
  }
  const mounts = readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "");
  for (const point of mounts.filter((mount) => mount.startsWith(`${folder}/`)).reverse()) {
    await new Promise((resolve) => spawn("umount", ["-l", point]).on("close", resolve));
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** One line for each client (a describe title) and what it did (its sentences). */
function printTable(report) {
  const clients = new Map();
  for (const file of report.testResults) {
    for (const { ancestorTitles, title, status } of file.assertionResults) {
      const client = ancestorTitles[0] ?? "Berth";
      clients.set(client, [...(clients.get(client) ?? []), { title, status }]);
    }
  }
  const names = { passed: "passed ", failed: "FAILED " };
  for (const [client, sentences] of [...clients].sort(([one], [other]) => one.localeCompare(other))) {
    console.log(`\n${client}`);
    for (const { title, status } of sentences) console.log(`  ${names[status] ?? "skipped"}  ${title}`);
  }
  const { numPassedTests: passed, numFailedTests: failed, numTotalTests: total } = report;
  console.log(`\nend to end: ${passed} passed, ${failed} failed, ${total - passed - failed} skipped`);
}

const vitest = spawn(
  process.execPath,
  [
    ...[
      join(root, "node_modules/vitest/vitest.mjs"),
      "run",
      "--config",
      join(root, ".config/vitest.e2e.config.js"),
    ],
    ...["--reporter=default", "--reporter=json", `--outputFile.json=${results}`],
    ...given.filter((argument) => argument !== "--long"),
  ],
  {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    env: {
      ...process.env,
      BERTH_TEST_TMP: folder,
      ...(given.includes("--long") ? { BERTH_TEST_LONG: "1" } : {}),
      ...(workers === undefined ? {} : { BERTH_TEST_WORKERS: workers }),
    },
  },
);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => vitest.kill("SIGTERM"));
const [code] = await new Promise((resolve) => vitest.on("close", (...how) => resolve(how)));
try {
  printTable(JSON.parse(readFileSync(results, "utf8")));
} catch (error) {
  console.error(`No results could be read: ${error.message}`);
} finally {
  await cleanUp();
}
process.exit(code ?? 1);
