// Makes a checkout ready: `install` brings node_modules in line with package-lock.json, `build` also compiles.
// Both do nothing when nothing changed, so that every npm script can begin with it. Plain JavaScript, because it
// runs before there is a compiler.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = new URL("..", import.meta.url).pathname;
const compiled = ["src", "storage", "auth", "conformance"];
const installMark = join(root, "node_modules", ".berth-installed");
const buildMark = join(root, "dist", ".berth-built");

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Berth needs Node 20.19 or newer; this is ${process.versions.node}. See https://nodejs.org/`);
  process.exit(1);
}

/** A file's content and the Node ABI decide: better-sqlite3 is compiled for one ABI. */
function installKey() {
  const lock = readFileSync(join(root, "package-lock.json"));
  return createHash("sha256").update(lock).update(process.versions.modules).digest("hex");
}

function buildKey() {
  const hash = createHash("sha256").update(installKey()).update(readFileSync(join(root, "tsconfig.json")));
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

const marked = (mark, key) => existsSync(mark) && readFileSync(mark, "utf8") === key;

function install() {
  const key = installKey();
  if (marked(installMark, key)) return;
  console.error("Installing dependencies (better-sqlite3 may compile for some three minutes) …");
  execFileSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
  writeFileSync(installMark, key);
}

function build() {
  const key = buildKey();
  if (marked(buildMark, key)) return;
  console.error("Compiling …");
  rmSync(join(root, "dist"), { recursive: true, force: true });
  execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", root], { stdio: "inherit" });
  writeFileSync(buildMark, key);
}

install();
if (process.argv[2] === "build") build();
