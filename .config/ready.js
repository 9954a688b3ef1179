// Makes a checkout ready: `install` brings node_modules in line with package-lock.json, `build` also compiles and bundles.
// Both do nothing when nothing changed, so that every npm script can begin with it. Plain JavaScript, because it
// runs before there is a compiler.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const root = new URL("..", import.meta.url).pathname;
const compiled = ["src", "storage", "auth", "conformance"];
const lock = join(root, ".berth-ready.lock");
const bundling = join(root, ".config/rolldown.config.js");
const buildMark = join(root, "dist", ".berth-built");

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Berth needs Node 20.19 or newer; this is ${process.versions.node}. See https://nodejs.org/`);
  process.exit(1);
}

const lockOf = (path) => JSON.parse(readFileSync(join(root, path), "utf8")).packages;

/** npm notes what it installed; what the lock wants must all be there, and the native part must load in this Node. */
function isInstalled() {
  try {
    const installed = lockOf("node_modules/.package-lock.json");
    const complete = Object.entries(lockOf("package-lock.json")).every(
      ([path, wanted]) => path === "" || wanted.optional || installed[path]?.integrity === wanted.integrity,
    );
    if (!complete) return false;
    new (createRequire(join(root, "package.json"))("better-sqlite3"))(":memory:").close();
    return true;
  } catch {
    return false;
  }
}

function buildKey() {
  const hash = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .update(readFileSync(join(root, "tsconfig.json")))
    .update(readFileSync(bundling));
  for (const folder of compiled) {
    for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !/\.(ts|json|sql)$/.test(entry.name)) continue;
      const path = join(entry.parentPath, entry.name);
      const { size, mtimeMs } = statSync(path);
      hash.update(`${path}\0${size}\0${mtimeMs}\n`);
    }
  }
  return hash.digest("hex");
}

/** Runs a program; when it fails it has said why, and there is nothing to add. */
function run(program, args, stdio) {
  const { status, error } = spawnSync(program, args, { cwd: root, stdio });
  if (error) throw error;
  if (status !== 0) throw new ChildFailed(status ?? 1);
}

class ChildFailed extends Error {
  constructor(status) {
    super();
    this.status = status;
  }
}

function install() {
  if (isInstalled()) return;
  console.error("Installing dependencies (better-sqlite3 may compile for some three minutes) …");
  run("npm", ["ci", "--no-audit", "--no-fund"], ["ignore", "ignore", "inherit"]);
}

function build() {
  const key = buildKey();
  if (existsSync(buildMark) && readFileSync(buildMark, "utf8") === key) return;
  console.error("Compiling …");
  rmSync(join(root, "dist"), { recursive: true, force: true });
  run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", root], "inherit");
  const quietly = ["ignore", "ignore", "inherit"];
  run(process.execPath, [join(root, "node_modules/rolldown/bin/cli.mjs"), "--config", bundling], quietly);
  writeFileSync(buildMark, key);
}

/** One at a time: `npm start` and `npm test` begun together on a fresh clone must not install over each other. */
function alone(work) {
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" });
      break;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
      if (!isHeld()) rmSync(lock, { force: true });
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
    }
  }
  try {
    work();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** A lock whose process is gone belongs to nobody. */
function isHeld() {
  try {
    const holder = Number(readFileSync(lock, "utf8"));
    // Written in a moment, or never by a process that died in between.
    if (holder === 0) return Date.now() - statSync(lock).mtimeMs < 5000;
    process.kill(holder, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

try {
  alone(() => {
    install();
    if (process.argv[2] === "build") build();
  });
} catch (error) {
  if (!(error instanceof ChildFailed)) throw error;
  process.exitCode = error.status;
}
