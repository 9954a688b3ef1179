// The program's two entry points, `berth` and a worker of it, each with all that it imports in a few files instead of a
// thousand: Node resolves, reads and compiles them one by one, which was half of the time and CPU of a start (1.31 to 0.66
// CPU seconds until the first 200, and 9 MiB of memory; five starts of each by turns). Not minified, so that stack traces
// keep their names; `node --enable-source-maps` tells the lines of the sources.
import { defineConfig } from "rolldown";

/** Not bundled: native code, which is found by its path, and what only some configurations load at all. */
const apart = /^(better-sqlite3|@node-rs\/argon2|@aws-sdk\/.*|@smithy\/.*|undici)$/;

export default defineConfig({
  input: { main: "src/main.ts", worker: "src/worker.ts" },
  platform: "node",
  external: apart,
  transform: { target: "node20.19" },
  // A package of Koa's makes deprecated functions by eval, of its own text alone.
  checks: { eval: false },
  logLevel: "warn",
  output: {
    // Where the compiler has just put the same two, file by file; `main` finds `worker` beside it.
    dir: "dist/src",
    chunkFileNames: "bundle/[name].js",
    sourcemap: true,
  },
});
