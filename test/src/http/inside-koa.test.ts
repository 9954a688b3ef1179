// The tables of what is usually answered ahead of Koa (src/http/hot-routes.ts), once more with Koa answering all of it.
import { afterAll, beforeAll } from "vitest";
import "./attacks/scopes.test.ts";
import "./blob-ranges.test.ts";
import "./blobs.test.ts";
import "./conditional-requests.test.ts";
import "./damaged-blobs.test.ts";
import "./manifest-types.test.ts";
import "./manifests.test.ts";
import "./middleware/gate-look-before-push.test.ts";

beforeAll(() => {
  process.env["BERTH_TEST_INSIDE_KOA"] = "yes";
});
afterAll(() => {
  delete process.env["BERTH_TEST_INSIDE_KOA"];
});
