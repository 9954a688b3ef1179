// The strict S3 server, asked by the client library that the store uses: objects and listings.
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { sampleBytes } from "../../contracts/blob-store-under-test.ts";
import { started, createUpload, uploadParts, get, put, refusal } from "./strict-s3-client.ts";

const mebibyte = 1024 * 1024;

describe("objects", () => {
  it.each(["plain", "a b/ü+(1)*'!~&<.txt", "dir//file", "per%cent", "ends/"])(
    "are put and got back under the key %s",
    async (key) => {
      const at = await started();
      const bytes = sampleBytes(100_000);
      await put(at, key, bytes);
      expect((await get(at, key)).equals(bytes)).toBe(true);
      expect(at.server.objects().map((object) => object.key)).toEqual([key]);
    },
  );

  it("are described by HEAD as they were put, and their ETag is the MD5", async () => {
    const at = await started();
    const { client, Bucket } = at;
    const request = { Bucket, Key: "k", Body: "hello", ContentType: "text/plain", Metadata: { a: "b" } };
    const asked = {
      StorageClass: "STANDARD_IA",
      ServerSideEncryption: "aws:kms",
      SSEKMSKeyId: "key-1",
    } as const;
    await client.send(new PutObjectCommand({ ...request, ...asked }));
    const head = await client.send(new HeadObjectCommand({ Bucket, Key: "k" }));
    const ETag = `"${createHash("md5").update("hello").digest("hex")}"`;
    expect(head).toMatchObject({
      ContentLength: 5,
      ContentType: "text/plain",
      Metadata: { a: "b" },
      ETag,
      ...asked,
    });
  });

  it("come from streams of a known length, their checksum in a trailer", async () => {
    const at = await started();
    const { client, Bucket, server } = at;
    const bytes = sampleBytes(300_000);
    const Body = Readable.from([bytes.subarray(0, 100), bytes.subarray(100)]);
    await client.send(new PutObjectCommand({ Bucket, Key: "k", Body, ContentLength: bytes.length }));
    expect((await get(at, "k")).equals(bytes)).toBe(true);
    expect(server.requests[0]).toMatchObject({ operation: "PutObject", bytesIn: bytes.length, status: 200 });
    expect(server.requests[0]!.headers["x-amz-trailer"]).toBe("x-amz-checksum-crc32");
  });

  it.each([
    ["bytes=0-0", 0, 1],
    ["bytes=10-", 10, 1000],
    ["bytes=-10", 990, 1000],
    ["bytes=500-5000", 500, 1000],
    ["bytes=9-3", 0, 1000],
    ["bytes=0-1,5-6", 0, 1000],
  ])("answer the range %s of 1000 bytes with those from %i to before %i", async (range, start, end) => {
    const at = await started();
    const bytes = sampleBytes(1000);
    await put(at, "k", bytes);
    expect((await get(at, "k", range)).equals(bytes.subarray(start, end))).toBe(true);
  });

  it.each(["bytes=1000-", "bytes=-0"])("refuse the range %s of 1000 bytes", async (Range) => {
    const at = await started();
    await put(at, "k", sampleBytes(1000));
    await expect(get(at, "k", Range)).rejects.toMatchObject(refusal("InvalidRange", 416));
  });

  it("are absent with 404, and deleting them again succeeds", async () => {
    const at = await started();
    const { client, Bucket, server } = at;
    await put(at, "k");
    await client.send(new DeleteObjectCommand({ Bucket, Key: "k" }));
    await client.send(new DeleteObjectCommand({ Bucket, Key: "k" }));
    await expect(get(at, "k")).rejects.toMatchObject(refusal("NoSuchKey", 404));
    await expect(client.send(new HeadObjectCommand({ Bucket, Key: "k" }))).rejects.toMatchObject(
      refusal("NotFound", 404),
    );
    expect(server.objects()).toEqual([]);
  });

  it("can be read to their end while they are deleted", async () => {
    const at = await started();
    const { client, Bucket } = at;
    const bytes = sampleBytes(8 * mebibyte);
    await put(at, "k", bytes);
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: "k" }));
    await client.send(new DeleteObjectCommand({ Bucket, Key: "k" }));
    expect((await buffer(Body as Readable)).equals(bytes)).toBe(true);
  });

  it("are read only as the version that the reader knows, when it says so", async () => {
    const at = await started();
    const { client, Bucket } = at;
    await put(at, "k");
    const stale = new GetObjectCommand({ Bucket, Key: "k", IfMatch: '"00"' });
    await expect(client.send(stale)).rejects.toMatchObject(refusal("PreconditionFailed", 412));
  });

  it.each([
    ["honoured", true, "PreconditionFailed", 412],
    ["not implemented", false, "NotImplemented", 501],
  ] as const)("put if absent: %s", async (_name, conditionalPut, code, status) => {
    const at = await started({ conditionalPut });
    await put(at, "k", "first");
    const again = new PutObjectCommand({ Bucket: at.Bucket, Key: "k", Body: "second", IfNoneMatch: "*" });
    await expect(at.client.send(again)).rejects.toMatchObject(refusal(code, status));
    expect((await get(at, "k")).toString()).toBe("first");
  });

  it("put if absent: ignored, by servers that do not know it", async () => {
    const at = await started({ conditionalPut: "ignored" });
    await put(at, "k", "first");
    await at.client.send(
      new PutObjectCommand({ Bucket: at.Bucket, Key: "k", Body: "second", IfNoneMatch: "*" }),
    );
    expect((await get(at, "k")).toString()).toBe("second");
  });

  it("are not stored when Content-MD5 or the checksum is of other bytes", async () => {
    const at = await started();
    const wrong = Buffer.alloc(16, 1).toString("base64");
    const request = { Bucket: at.Bucket, Key: "k", Body: "hello" };
    for (const lie of [{ ContentMD5: wrong }, { ChecksumCRC32: "AAAAAA==" }, { ChecksumSHA256: "AAAA" }])
      await expect(at.client.send(new PutObjectCommand({ ...request, ...lie }))).rejects.toMatchObject(
        refusal("BadDigest", 400),
      );
    expect(at.server.objects()).toEqual([]);
  });

  it("are deleted in batches, also by keys that XML has to escape", async () => {
    const at = await started();
    const { client, Bucket, server } = at;
    for (const key of ["a&b", "c<d>", "ü", "kept"]) await put(at, key);
    const Objects = ["a&b", "c<d>", "ü", "never was"].map((Key) => ({ Key }));
    const { Deleted } = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    expect(Deleted).toEqual(Objects);
    expect(server.objects().map(({ key }) => key)).toEqual(["kept"]);
  });

  it.each([
    { rules: { batchDelete: false }, code: "NotImplemented", status: 501, keys: 1 },
    { rules: {}, code: "MalformedXML", status: 400, keys: 1001 },
  ])("are not deleted in a batch of $keys: $code", async ({ rules, code, status, keys }) => {
    const { client, Bucket } = await started(rules);
    const Objects = Array.from({ length: keys }, (_, index) => ({ Key: `k${index}` }));
    const batch = client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    await expect(batch).rejects.toMatchObject(refusal(code, status));
  });
});

describe("listings", () => {
  const keys = ["a/1", "a/2", "a/3", "b/1", "c"];

  it("of objects come in pages, by prefix, each key once and in order", async () => {
    const at = await started({ maxListKeys: 2 });
    const { client, Bucket } = at;
    for (const key of [...keys].reverse()) await put(at, key);
    const found: string[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await client.send(new ListObjectsV2Command({ Bucket, Prefix: "a/", ContinuationToken }));
      expect(page.KeyCount).toBeLessThanOrEqual(2);
      found.push(...(page.Contents ?? []).map(({ Key }) => Key!));
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
    expect(found).toEqual(["a/1", "a/2", "a/3"]);
  });

  it("of objects tell size and class, start after a key, and group by a delimiter", async () => {
    const at = await started();
    const { client, Bucket } = at;
    for (const key of keys) await put(at, key, "12345");
    const after = await client.send(new ListObjectsV2Command({ Bucket, StartAfter: "b/1", MaxKeys: 7 }));
    expect(after.Contents).toMatchObject([
      {
        Key: "c",
        Size: 5,
        StorageClass: "STANDARD",
      },
    ]);
    const grouped = await client.send(new ListObjectsV2Command({ Bucket, Delimiter: "/" }));
    expect(grouped.CommonPrefixes).toEqual([{ Prefix: "a/" }, { Prefix: "b/" }]);
    expect(grouped.Contents?.map(({ Key }) => Key)).toEqual(["c"]);
    const old = await client.send(new ListObjectsCommand({ Bucket, Marker: "a/3" }));
    expect(old.Contents?.map(({ Key }) => Key)).toEqual(["b/1", "c"]);
  });

  it("of uploads come in pages, by prefix, several of one key in the order of their beginning", async () => {
    const at = await started({ maxListKeys: 2 });
    const { client, Bucket } = at;
    const ids = [];
    for (const key of ["u/a", "u/a", "u/a", "u/b", "v"]) ids.push(await createUpload(at, key));
    const found: string[] = [];
    let marker = {};
    for (let more: boolean | undefined = true; more;) {
      const page = await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: "u/", ...marker }));
      found.push(...(page.Uploads ?? []).map(({ UploadId }) => UploadId!));
      marker = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
      more = page.IsTruncated;
    }
    expect(found).toEqual(ids.slice(0, 4));
  });

  it("of parts come in pages, with size and ETag", async () => {
    const at = await started({ maxListKeys: 2 });
    const { Bucket, Key, UploadId, MultipartUpload } = await uploadParts(at, "k", [10, 20, 30]);
    const first = await at.client.send(new ListPartsCommand({ Bucket, Key, UploadId }));
    const PartNumberMarker = first.NextPartNumberMarker;
    const second = await at.client.send(new ListPartsCommand({ Bucket, Key, UploadId, PartNumberMarker }));
    expect([...first.Parts!, ...second.Parts!]).toMatchObject(
      MultipartUpload.Parts.map((part, index) => ({ ...part, Size: (index + 1) * 10 })),
    );
    expect([first.IsTruncated, second.IsTruncated]).toEqual([true, false]);
  });
});
