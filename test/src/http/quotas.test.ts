// REQ-57: a project that is full refuses what would add to it, at the start, by the length or at the commit, with figures.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { digestOf, imageManifest, randomBlob } from "../../support/images.ts";
import { expectError } from "../../support/oci-answer.ts";
import { RegistryClient } from "../../support/registry-client.ts";
import { serveParts, type ServedParts } from "../../support/serve-parts.ts";

let served: ServedParts;
let client: RegistryClient;
let project = "";
let count = 0;

beforeAll(async () => {
  served = await serveParts();
  client = new RegistryClient(served.url);
});
afterAll(async () => {
  client.close();
  await served.close();
});
beforeEach(async () => {
  project = `team${(count += 1)}`;
  await served.metadata.access.projects.create({
    ...{ id: project, name: project, description: "", public: false, createdAt: 0 },
  });
  await limit(1000);
});

const limit = (maxBytes: number | null) => served.metadata.access.projects.change(project, { maxBytes });

test("a blob that does not fit is refused by its length, and one without a length when it is whole", async () => {
  const [held, big] = [randomBlob(700), randomBlob(400)];
  await client.pushBlob(`${project}/app`, held);
  const session = await client.startUpload(`${project}/app`);
  const whole = await client.send("POST", `/v2/${project}/app/blobs/uploads/?digest=${digestOf(big)}`, {
    body: big,
  });
  const put = await client.send("PUT", `${session}?digest=${digestOf(big)}`, { body: big });
  for (const answer of [whole, put]) {
    const { message, detail } = expectError(answer, 403, "DENIED");
    expect(message).toBe(
      `over the quota: the project ${project} uses 700 B of 1000 B, and this takes 400 B more; 700 B of it nothing needs, and become free within 24 hours. Delete tags that nobody needs, whose room is free 24 hours later, or ask for a larger quota to push now`,
    );
    expect(detail).toMatchObject({
      project,
      maxBytes: 1000,
      usedBytes: 700,
      neededBytes: 400,
      pendingBytes: 700,
      graceSeconds: 86_400,
    });
  }
  expect((await client.send("GET", session)).status).toBe(204);
  expect((await client.send("PATCH", session, { body: big })).status).toBe(202);
  expectError(await client.send("PUT", `${session}?digest=${digestOf(big)}`), 403, "DENIED");
  expect((await client.send("HEAD", `/v2/${project}/app/blobs/${digestOf(big)}`)).status).toBe(404);
  await limit(null);
  await client.pushBlob(`${project}/app`, big);
});

test("a full project starts no upload, but takes what it has already and moves tags", async () => {
  const layer = randomBlob(500);
  const config = Buffer.from("{}");
  for (const blob of [layer, config]) await client.pushBlob(`${project}/app`, blob);
  const image = imageManifest(config, [layer]);
  await client.pushManifest(`${project}/app`, "v1", image);
  await limit(100);
  expectError(await client.send("POST", `/v2/${project}/app/blobs/uploads/`), 403, "DENIED");
  const again = `/v2/${project}/other/blobs/uploads/?digest=${digestOf(layer)}`;
  expect((await client.send("POST", again, { body: layer })).status).toBe(201);
  const mount = `/v2/${project}/third/blobs/uploads/?mount=${digestOf(layer)}&from=${project}/app`;
  expect((await client.send("POST", mount)).status).toBe(201);
  expect((await client.putManifest(`${project}/app`, "v2", image)).status).toBe(201);
  expectError(await client.putManifest(`${project}/app`, "v3", imageManifest(config, [])), 403, "DENIED");
  expect((await client.send("DELETE", `/v2/${project}/app/manifests/v2`)).status).toBe(202);
});

test("a mount from another project counts, and unfinished uploads do not", async () => {
  const layer = randomBlob(1001);
  await client.pushBlob(`elsewhere/${project}`, layer);
  const mount = `/v2/${project}/app/blobs/uploads/?mount=${digestOf(layer)}&from=elsewhere/${project}`;
  expectError(await client.send("POST", mount), 403, "DENIED");
  const unfinished = await client.startUpload(`${project}/app`);
  await client.send("PATCH", unfinished, { body: randomBlob(900) });
  await client.pushBlob(`${project}/app`, randomBlob(900));
});
