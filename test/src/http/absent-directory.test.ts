// A volume that is unmounted for a moment is no damage: nothing is forgotten, and load balancers are told.
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { randomBlob } from "../../support/images.ts";
import { testRegistry } from "../../support/test-registry.ts";

it("a blob directory that is away makes Berth unready, and its blobs are back when it is", async () => {
  const { client, dataDirectory } = await testRegistry();
  const content = randomBlob(50_000);
  const digest = await client.pushBlob("volume/app", content);
  const path = `/v2/volume/app/blobs/${digest}`;
  const place = join(dataDirectory, "blobs");
  await rename(place, `${place}-away`);
  expect((await client.send("GET", "/readyz")).status).toBe(503);
  for (const method of ["HEAD", "GET"]) expect((await client.send(method, path)).status).toBe(500);
  await rename(`${place}-away`, place);
  expect((await client.send("GET", "/readyz")).status).toBe(200);
  expect((await client.send("GET", path)).body.equals(content)).toBe(true);
});
