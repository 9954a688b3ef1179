// Runs the bench. Node 20 runs no TypeScript, so the bench is translated into a temporary folder that goes when it ends;
// what it measures is what `npm run build` compiled. Plain JavaScript, because it is what does the translating.
//   node test/bench/run.js [--help]
import { spawn } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import ts from "typescript";

const root = new URL("../..", import.meta.url).pathname;
const target = mkdtempSync(join(tmpdir(), "berth-bench-"));

/** The folder again below the target: TypeScript translated, all else as it is. */
function translate(folder) {
  const names = readdirSync(join(root, folder), { recursive: true, withFileTypes: true });
  for (const entry of names.filter((name) => name.isFile())) {
    const source = join(entry.parentPath, entry.name);
    const copy = join(target, folder, source.slice(join(root, folder).length));
    mkdirSync(dirname(copy), { recursive: true });
    if (!source.endsWith(".ts")) copyFileSync(source, copy);
    else writeFileSync(copy.replace(/\.ts$/, ".js"), translated(readFileSync(source, "utf8")));
  }
}

function translated(text) {
  const { ESNext } = ts.ModuleKind;
  const compilerOptions = { module: ESNext, target: ts.ScriptTarget.ES2023, verbatimModuleSyntax: true };
  return ts.transpileModule(text, {
    compilerOptions: { ...compilerOptions, rewriteRelativeImportExtensions: true },
  }).outputText;
}

let bench;

/** To the bench and all that it started, which are a process group of their own: no server outlives it. */
function signalAll(signal) {
  try {
    if (bench?.pid !== undefined) process.kill(-bench.pid, signal);
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => signalAll("SIGTERM"));
try {
  for (const folder of ["test/bench", "test/support/clients"]) translate(folder);
  for (const room of ["storage", "auth", "src"]) symlinkSync(join(root, "dist", room), join(target, room));
  for (const name of ["node_modules", "dist", "package.json", "docs", "deploy"]) {
    symlinkSync(join(root, name), join(target, name));
  }
  const args = [join(target, "test/bench/main.js"), ...process.argv.slice(2)];
  bench = spawn(process.execPath, args, {
    detached: true,
    stdio: ["ignore", "inherit", "inherit"],
    cwd: root,
    env: { ...process.env, BERTH_TEST_TMP: target },
  });
  process.exitCode = await new Promise((resolve) => bench.on("close", (code) => resolve(code ?? 1)));
} finally {
  signalAll("SIGKILL");
  rmSync(target, { recursive: true, force: true, maxRetries: 5 });
}
