// That the attacks reach everything: a row which is added to the table of /v2 has to be attacked too.
import { expect, it } from "vitest";
import { distributionRoutes } from "../../../../src/http/routes.ts";
import type { HandlerParts } from "../../../../src/http/distribution/handler.ts";
import { serveParts } from "../../../support/serve-parts.ts";
import { attackedRoutes } from "./routes.ts";

interface Routed {
  readonly router: {
    readonly stack: readonly { readonly path: string; readonly methods: readonly string[] }[];
  };
}

it("every row of the table of /v2 is attacked, by each of its methods", async () => {
  const served = await serveParts();
  const { registry } = served;
  // the handlers are made, and none is called
  const parts: Partial<HandlerParts> = { registry, maxManifestBytes: 1024, locate: (path) => path };
  const [routed] = distributionRoutes(parts as HandlerParts);
  const { stack } = (routed as unknown as Routed).router;
  const rows = stack.flatMap(({ path, methods }) => methods.map((method) => `${method} ${path}`));
  expect(rows.length).toBeGreaterThan(20);
  expect([...new Set(rows)].sort()).toEqual(
    [...new Set(attackedRoutes.map(({ method, path }) => `${method} ${path}`))].sort(),
  );
  await served.close();
});
