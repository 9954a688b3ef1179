// Makes a checkout ready: `install` brings node_modules in line with package-lock.json, `build` also compiles.
// Both do nothing when nothing changed, so that every npm script can begin with it. Plain JavaScript, because it
// runs before there is a compiler.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const root = new URL("..", import.meta.url).pathname;
const compiled = ["src", "storage", "auth", "conformance"];
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
    .update(readFileSync(join(root, "tsconfig.json")));
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

function install() {
  if (isInstalled()) return;
  console.error("Installing dependencies (better-sqlite3 may compile for some three minutes) …");
  execFileSync("npm", ["ci", "--no-audit", "--no-fund"], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
  });
}

function build() {
  const key = buildKey();
  if (existsSync(buildMark) && readFileSync(buildMark, "utf8") === key) return;
  console.error("Compiling …");
  rmSync(join(root, "dist"), { recursive: true, force: true });
  execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", root], {
    stdio: "inherit",
  });
  writeFileSync(buildMark, key);
}

install();
if (process.argv[2] === "build") build();
