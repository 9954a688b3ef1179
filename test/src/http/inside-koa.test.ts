// The tables of what is usually answered ahead of Koa (src/http/hot-routes.ts), once more with Koa answering all of it.
import { afterAll, beforeAll } from "vitest";

const tables = [
  "attacks/scopes",
  "blob-ranges",
  "blobs",
  "conditional-requests",
  "damaged-blobs",
  "manifest-types",
  "manifests",
  "middleware/gate-look-before-push",
];

beforeAll(() => {
  process.env["BERTH_TEST_INSIDE_KOA"] = "yes";
});
afterAll(() => {
  delete process.env["BERTH_TEST_INSIDE_KOA"];
});

// By a name of their own: files share what was imported, and a file of tests that a worker has already, by itself or from
// here, would have no tests when it comes again.
for (const table of tables) await import(/* @vite-ignore */ `./${table}.test.ts?inside-koa`);
