// The tables of what is usually answered ahead of Koa (src/http/hot-routes.ts), once more with Koa answering all of it.
import { afterAll, describe } from "vitest";

process.env["BERTH_TEST_INSIDE_KOA"] = "yes";
afterAll(() => {
  delete process.env["BERTH_TEST_INSIDE_KOA"];
});

const tables = {
  manifests: () => import("./manifests.test.ts"),
  "manifest types": () => import("./manifest-types.test.ts"),
  "conditional requests": () => import("./conditional-requests.test.ts"),
  blobs: () => import("./blobs.test.ts"),
  ranges: () => import("./blob-ranges.test.ts"),
  "damaged blobs": () => import("./damaged-blobs.test.ts"),
  "scopes of tokens": () => import("./attacks/scopes.test.ts"),
  "looks before a push": () => import("./middleware/gate-look-before-push.test.ts"),
};
for (const [name, load] of Object.entries(tables)) {
  describe(`inside Koa: ${name}`, async () => {
    await load();
  });
}
