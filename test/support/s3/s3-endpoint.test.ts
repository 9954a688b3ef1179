// The S3 servers that suites run over all do what a blob store needs; the environment can name one more.
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  ListObjectsV2Command,
} from "@aws-sdk/client-s3";
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sampleBytes } from "../../contracts/blob-store-under-test.ts";
import { s3Endpoints, type S3Endpoint } from "./s3-endpoint.ts";
import { clientOf, get, put, uploadParts, type Client } from "./strict-s3-client.ts";

describe.each(s3Endpoints())("the endpoint $name", ({ start, lacks }) => {
  let endpoint: S3Endpoint;
  let at: Client;
  const prefix = `endpoint-test/${randomUUID()}`;
  beforeAll(async () => {
    endpoint = await start();
    at = { client: clientOf(endpoint), Bucket: endpoint.bucket };
  });
  afterAll(async () => {
    at.client.destroy();
    await endpoint.close();
  });

  it("puts, gets, reads ranges, lists and deletes", async () => {
    const { client, Bucket } = at;
    const bytes = sampleBytes(100_000);
    const keys = ["a", "b", "c"].map((name) => `${prefix}/${name}`);
    for (const key of keys) await put(at, key, bytes);
    expect((await get(at, keys[0]!)).equals(bytes)).toBe(true);
    expect((await get(at, keys[0]!, "bytes=10-19")).equals(bytes.subarray(10, 20))).toBe(true);
    const listed = async () => {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket, Prefix: prefix }));
      return Contents.map(({ Key }) => Key);
    };
    expect(await listed()).toEqual(keys);
    const Objects = keys.slice(1).map((Key) => ({ Key }));
    await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    expect(await listed()).toEqual(keys.slice(0, 1));
    await client.send(new DeleteObjectCommand({ Bucket, Key: keys[0]! }));
    await client.send(new DeleteObjectCommand({ Bucket, Key: keys[0]! }));
    expect(await listed()).toEqual([]);
  });

  it("takes uploads in parts", async () => {
    const { client, Bucket } = at;
    const Key = `${prefix}/parts`;
    const sizes = [5 * 1024 * 1024, 1000];
    await client.send(new CompleteMultipartUploadCommand(await uploadParts(at, Key, sizes)));
    const whole = Buffer.concat(sizes.map((size, index) => sampleBytes(size, index + 1)));
    expect((await get(at, Key)).equals(whole)).toBe(true);
    await client.send(new DeleteObjectCommand({ Bucket, Key }));
  });

  it(lacks.includes("AbortMultipartUpload") ? "does not abort" : "aborts", async () => {
    const { client, Bucket } = at;
    const Key = `${prefix}/aborted`;
    const { UploadId } = await uploadParts(at, Key, [1000]);
    const abort = client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
    if (lacks.includes("AbortMultipartUpload")) return expect(abort).rejects.toThrow();
    await abort;
    await expect(get(at, Key)).rejects.toThrow();
  });
});

describe("the endpoints", () => {
  const named = {
    BERTH_TEST_S3_ENDPOINT: "http://s3.example",
    BERTH_TEST_S3_BUCKET: "b",
    BERTH_TEST_S3_REGION: "r",
    BERTH_TEST_S3_ACCESS_KEY_ID: "k",
    BERTH_TEST_S3_SECRET_ACCESS_KEY: "s",
  };

  it("are ours, and the one that the environment names", async () => {
    const ours = s3Endpoints({}).map(({ name }) => name);
    const all = s3Endpoints({ ...named, BERTH_TEST_S3_EQUAL_PARTS: "true" });
    expect(all.map(({ name }) => name)).toEqual([...ours, "http://s3.example"]);
    expect(all.at(-1)).toMatchObject({ equalParts: true, shared: true });
    expect(await all.at(-1)!.start()).toMatchObject({
      bucket: "b",
      region: "r",
      accessKeyId: "k",
      secretAccessKey: "s",
    });
  });

  it("say which variable is missing", () => {
    expect(() => s3Endpoints({ ...named, BERTH_TEST_S3_REGION: "" })).toThrow("BERTH_TEST_S3_REGION is not");
  });
});
