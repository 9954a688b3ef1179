// REQ-2: what a client was told is there, or was told to be stored, is there, whatever the collector is doing. Each race
// is forced: the collector is stopped between two steps, or between the claim of a blob and the end of its bytes.
import { describe, expect, it } from "vitest";
import type { Authorizer } from "../../../auth/authorizer.ts";
import {
  describeManifest,
  digestOf,
  emptyJson,
  imageIndex,
  imageManifest,
  randomBlob,
} from "../../support/images.ts";
import { barrier, collecting, grace } from "./collecting.ts";

const blobs = "/v2/team/app/blobs";

/** Old orphans, and a collector that is stopped after its first step on links. */
async function midSweep() {
  const stop = barrier();
  const ground = await collecting({ between: stop.pass });
  const { client, clock } = ground;
  // the longest untouched goes first
  await client.pushBlob("team/other", randomBlob(10));
  clock.now += 1000;
  const layer = randomBlob(1000);
  const digest = await client.pushBlob("team/app", layer);
  await client.pushBlob("team/app", emptyJson);
  clock.now += grace + 1000;
  const sweep = ground.collect();
  await stop.arrived;
  const finish = async () => {
    stop.open();
    await sweep;
    clock.now += 3_600_000;
    await ground.deleteBytes();
  };
  return { ...ground, layer, digest, finish };
}

async function isWhole({ client }: Awaited<ReturnType<typeof collecting>>, layer: Buffer, digest: string) {
  const pulled = await client.send("GET", `${blobs}/${digest}`);
  return pulled.status === 200 && pulled.body.equals(layer);
}

describe("while a sweep is stopped before an old orphan", () => {
  it("HEAD answers 200, and the image that relies on it is pulled after the sweep", async () => {
    const ground = await midSweep();
    const { client, layer, digest, finish } = ground;
    const config = await client.pushBlob("team/app", emptyJson);
    expect((await client.send("HEAD", `${blobs}/${digest}`)).status).toBe(200);
    await finish();
    const put = await client.putManifest("team/app", "v1", imageManifest(emptyJson, [layer]));
    expect(put.status).toBe(201);
    expect(await isWhole(ground, layer, digest)).toBe(true);
    expect(await isWhole(ground, emptyJson, config)).toBe(true);
  });

  it("a GET is no promise for a push: the PUT that relies on it says what is missing", async () => {
    const { client, layer, digest, finish } = await midSweep();
    expect((await client.send("GET", `${blobs}/${digest}`)).status).toBe(200);
    await finish();
    const put = await client.putManifest("team/app", "v1", imageManifest(emptyJson, [layer]));
    expect([put.status, String(put.body)]).toEqual([404, expect.stringContaining("MANIFEST_BLOB_UNKNOWN")]);
  });

  it("a manifest that names it is stored, and the blob stays", async () => {
    const ground = await midSweep();
    const { client, layer, digest, finish } = ground;
    const put = await client.putManifest("team/app", "v1", imageManifest(emptyJson, [layer]));
    expect(put.status).toBe(201);
    await finish();
    expect(await isWhole(ground, layer, digest)).toBe(true);
  });

  it("a mount of it into another repository stays whole there", async () => {
    const { client, layer, digest, finish } = await midSweep();
    const mount = `/v2/team/copy/blobs/uploads/?mount=${digest}&from=team/app`;
    expect((await client.send("POST", mount)).status).toBe(201);
    await finish();
    const pulled = await client.send("GET", `/v2/team/copy/blobs/${digest}`);
    expect([pulled.status, pulled.body.equals(layer)]).toEqual([200, true]);
    expect((await client.send("HEAD", `${blobs}/${digest}`)).status).toBe(404);
  });
});

describe("between the claim of a blob and the end of its bytes", () => {
  async function claimed() {
    const ground = await collecting({ rowsPerSecond: 1000 });
    const { client, clock, collect } = ground;
    const layer = randomBlob(1000);
    const digest = await client.pushBlob("team/app", layer);
    clock.now += grace;
    await collect();
    expect(await ground.objects()).toBe(1);
    const finish = async () => {
      clock.now += 60_000;
      await ground.deleteBytes();
    };
    return { ...ground, layer, digest, finish };
  }

  it("HEAD answers 404, a mount 202, and PUT of a manifest says what is missing", async () => {
    const { client, layer, digest, finish, objects } = await claimed();
    expect((await client.send("HEAD", `${blobs}/${digest}`)).status).toBe(404);
    const mount = await client.send("POST", `/v2/team/copy/blobs/uploads/?mount=${digest}&from=team/app`);
    expect(mount.status).toBe(202);
    await client.pushBlob("team/app", emptyJson);
    const put = await client.putManifest("team/app", "v1", imageManifest(emptyJson, [layer]));
    expect([put.status, String(put.body)]).toEqual([404, expect.stringContaining(digest)]);
    await finish();
    expect(await objects()).toBe(1);
  });

  it("a second push wins: its bytes stay when the first ones go", async () => {
    const ground = await claimed();
    const { client, layer, digest, finish, objects } = ground;
    await client.pushBlob("team/app", layer);
    await client.pushBlob("team/app", emptyJson);
    const put = await client.putManifest("team/app", "v1", imageManifest(emptyJson, [layer]));
    expect(put.status).toBe(201);
    expect(await objects()).toBe(3);
    await finish();
    expect(await objects()).toBe(2);
    expect(await isWhole(ground, layer, digest)).toBe(true);
  });
});

describe("a HEAD by somebody who may pull alone", () => {
  it("keeps nothing", async () => {
    let mayPush = true;
    const readers: Authorizer = {
      decide: async (_, access) =>
        mayPush || !("action" in access) || access.action === "pull"
          ? { allowed: true }
          : { allowed: false, reason: "pulls alone" },
      visibility: async () => ({ kind: "all" }),
      createProject: async () => false,
    };
    const { client, clock, collect } = await collecting({ authorizer: readers });
    const digest = await client.pushBlob("team/app", randomBlob(10));
    clock.now += grace;
    mayPush = false;
    expect((await client.send("HEAD", `${blobs}/${digest}`)).status).toBe(200);
    expect((await collect())?.collected.links).toBe(1);
  });
});

describe("an image whose index was deleted", () => {
  it("is kept by the HEAD of a client that is about to list it in another one", async () => {
    const ground = await collecting();
    const { client, clock, collect } = ground;
    const child = await client.pushImage("team/app");
    const [old, next] = [{}, { annotations: { made: "later" } }].map((more) =>
      imageIndex([describeManifest(child)], more),
    );
    if (old === undefined || next === undefined) throw new Error("two indexes");
    await client.pushManifest("team/app", "v1", old);
    await client.send("DELETE", "/v2/team/app/manifests/v1");
    clock.now += grace - 1;
    const head = await client.send("HEAD", `/v2/team/app/manifests/${child.digest}`);
    expect(head.status).toBe(200);
    clock.now += grace / 2;
    expect((await collect())?.collected).toMatchObject({ manifests: 1, links: 0 });
    await client.pushManifest("team/app", "v2", next);
    clock.now += 2 * grace;
    await collect();
    for (const layer of child.layers) expect(await isWhole(ground, layer, digestOf(layer))).toBe(true);
  });
});
