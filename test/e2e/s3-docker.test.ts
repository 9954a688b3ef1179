// Docker over a registry whose blobs are in a bucket: what it pushes and pulls, and what that asks of S3.
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DockerEngine } from "../support/clients/docker-engine.ts";
import { docker } from "../support/clients/installed-client.ts";
import { verifyImage } from "../support/clients/verify-image.ts";
import { startStrictS3, type StrictS3 } from "../support/s3/strict-s3-server.ts";
import { berthForThisFile } from "./berth-process.ts";
import { blobCalls, environmentOf, uploadedBytes } from "./s3-berth.ts";

let s3: StrictS3;
afterAll(() => s3.close());
const berth = berthForThisFile(async () => {
  s3 = await startStrictS3();
  return { environment: environmentOf(s3) };
});

describe.skipIf(docker.missing)(docker.title, () => {
  let engine: DockerEngine;
  const name = (repository: string, tag = "1"): string => `${berth.current.host}/${repository}:${tag}`;

  beforeAll(async () => {
    engine = await DockerEngine.start();
    await engine.build(name("team/app"), {
      "one.bin": randomBytes(18_000_000),
      "two.bin": randomBytes(500_000),
    });
  });
  afterAll(() => engine.close());

  it("pushes an image into the bucket, and an empty engine pulls the same one", async () => {
    await engine.docker("push", name("team/app"));
    const stored = await verifyImage(berth.current.http, "team/app", "1");
    expect(stored.layerDigests).toHaveLength(3);
    expect(s3.counts().UploadPart).toBeGreaterThanOrEqual(3);
    expect(s3.objects().filter(({ key }) => key.startsWith("blobs/"))).toHaveLength(4);
    expect(s3.multipartUploads()).toEqual([]);
    const empty = await DockerEngine.start();
    try {
      await empty.docker("pull", name("team/app"));
      expect((await empty.inspect(name("team/app"))).id).toBe(stored.configDigest);
    } finally {
      await empty.close();
    }
  });

  it("mounts the layers in a second repository without sending them to the bucket again", async () => {
    await engine.docker("tag", name("team/app"), name("team/copy"));
    s3.forgetRequests();
    await engine.docker("push", name("team/copy"));
    // Docker mounts layers, and sends the configuration of an image again: a blob and its index, and a look at the one
    // that is held already (REQ-23).
    const calls = blobCalls(s3).map(({ operation }) => operation);
    expect(calls.filter((operation) => !["PutObject", "HeadObject"].includes(operation))).toEqual([]);
    expect(calls.filter((operation) => operation === "PutObject").length).toBeLessThanOrEqual(2);
    await verifyImage(berth.current.http, "team/copy", "1");
  });

  it("asks nothing of the bucket for a push of what is there, also after the tag was deleted", async () => {
    s3.forgetRequests();
    await engine.docker("push", name("team/app"));
    expect(blobCalls(s3)).toEqual([]);
    expect((await berth.current.http.send("DELETE", "/v2/team/app/manifests/1")).status).toBe(202);
    await expect(engine.docker("pull", name("team/app"))).rejects.toThrow(/not found|unknown/);
    await engine.docker("push", name("team/app"));
    expect(blobCalls(s3)).toEqual([]);
    await verifyImage(berth.current.http, "team/app", "1");
  });

  it("heals by a second push when the registry was killed during the first", async () => {
    const image = name("killed/app");
    await engine.build(image, { "big.bin": randomBytes(60_000_000), "small.bin": randomBytes(1_000_000) });
    s3.forgetRequests();
    const ended = engine.docker("push", image).then(
      () => "pushed",
      () => "failed",
    );
    await expect.poll(() => uploadedBytes(s3), { timeout: 60_000, interval: 10 }).toBeGreaterThan(5_000_000);
    await berth.current.kill();
    await berth.current.start();
    await ended;
    await engine.docker("push", image);
    const stored = await verifyImage(berth.current.http, "killed/app", "1");
    expect(stored.configDigest).toBe((await engine.inspect(image)).id);
  });
});

describe.skipIf(docker.missing)(`${docker.title}, sent on to the bucket`, () => {
  const redirecting = berthForThisFile(async () => {
    const environment = environmentOf(s3, { redirect: true, prefix: "redirected/" });
    return { environment };
  });

  it("pushes through the registry and pulls the layers from the bucket", async () => {
    const engine = await DockerEngine.start();
    try {
      const image = `${redirecting.current.host}/team/app:1`;
      await engine.build(image, { "one.bin": randomBytes(12_000_000) });
      await engine.docker("push", image);
      const { id } = await engine.inspect(image);
      await engine.docker("image", "rm", "--force", id);
      s3.forgetRequests();
      await engine.docker("pull", image);
      expect((await engine.inspect(image)).id).toBe(id);
      const reads = blobCalls(s3).filter(({ operation }) => operation === "GetObject");
      expect(reads.length).toBeGreaterThanOrEqual(3);
      // What comes by a presigned URL has no such header.
      expect(reads.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
    } finally {
      await engine.close();
    }
  });
});
