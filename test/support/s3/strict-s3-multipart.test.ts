// The strict S3 server, asked by the client library that the store uses: uploads in parts.
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { describe, expect, it } from "vitest";
import { answerTo, open } from "../http-request.ts";
import { sampleBytes } from "../../contracts/blob-store-under-test.ts";
import { started, createUpload, uploadParts, get, put, refusal } from "./strict-s3-client.ts";

const mebibyte = 1024 * 1024;

describe("multipart uploads", () => {
  it("make one object of their parts, which lie apart, and are gone then", async () => {
    const at = await started();
    const sizes = [5 * mebibyte, 6 * mebibyte, 3];
    const done = await at.client.send(new CompleteMultipartUploadCommand(await uploadParts(at, "k", sizes)));
    expect(done.ETag).toMatch(/^"[0-9a-f]{32}-3"$/);
    const whole = Buffer.concat(sizes.map((size, index) => sampleBytes(size, index + 1)));
    expect((await get(at, "k")).equals(whole)).toBe(true);
    const across = await get(at, "k", `bytes=${5 * mebibyte - 2}-${11 * mebibyte + 1}`);
    expect(across.equals(whole.subarray(5 * mebibyte - 2, 11 * mebibyte + 2))).toBe(true);
    expect(at.server.objects()[0]!.parts).toHaveLength(3);
    expect(at.server.multipartUploads()).toEqual([]);
  });

  it("show no object before they are complete, and none after they are aborted", async () => {
    const at = await started();
    const { Bucket, Key, UploadId } = await uploadParts(at, "k", [10]);
    await expect(get(at, "k")).rejects.toMatchObject(refusal("NoSuchKey", 404));
    await at.client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
    expect(at.server.multipartUploads()).toEqual([]);
    const again = at.client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
    await expect(again).rejects.toMatchObject(refusal("NoSuchUpload", 404));
  });

  it("take the last of two parts of one number", async () => {
    const at = await started();
    const upload = await uploadParts(at, "k", [10]);
    const { Bucket, Key, UploadId } = upload;
    const second = { Bucket, Key, UploadId, PartNumber: 1, Body: "second" };
    const { ETag } = await at.client.send(new UploadPartCommand(second));
    await expect(at.client.send(new CompleteMultipartUploadCommand(upload))).rejects.toMatchObject(
      refusal("InvalidPart", 400),
    );
    const Parts = [{ PartNumber: 1, ETag }];
    await at.client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }));
    expect((await get(at, "k")).toString()).toBe("second");
  });

  it("cannot be completed twice", async () => {
    const at = await started();
    const upload = await uploadParts(at, "k", [10]);
    await at.client.send(new CompleteMultipartUploadCommand(upload));
    const again = at.client.send(new CompleteMultipartUploadCommand(upload));
    await expect(again).rejects.toMatchObject(refusal("NoSuchUpload", 404));
  });

  const part = (PartNumber: number, ETag: string) => ({ PartNumber, ETag });
  it.each([
    ["a wrong ETag", "InvalidPart", ([first, second]: string[]) => [part(1, second!), part(2, first!)]],
    [
      "a part that is not there",
      "InvalidPart",
      ([first, second]: string[]) => [part(1, first!), part(3, second!)],
    ],
    [
      "parts in no order",
      "InvalidPartOrder",
      ([first, second]: string[]) => [part(2, second!), part(1, first!)],
    ],
    ["no parts", "MalformedXML", () => []],
  ])("are not completed with %s", async (_name, code, choose) => {
    const at = await started({ minPartBytes: 1 });
    const upload = await uploadParts(at, "k", [10, 20]);
    const Parts = choose(upload.MultipartUpload.Parts.map(({ ETag }) => ETag));
    const complete = new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } });
    await expect(at.client.send(complete)).rejects.toMatchObject(refusal(code, 400));
    expect(at.server.objects()).toEqual([]);
    expect(at.server.multipartUploads()).toHaveLength(1);
  });

  it.each([
    { equalParts: false, sizes: [5 * mebibyte - 1, 10], code: "EntityTooSmall" },
    { equalParts: false, sizes: [5 * mebibyte, 6 * mebibyte, 1], code: undefined },
    { equalParts: false, sizes: [1], code: undefined },
    { equalParts: true, sizes: [5 * mebibyte, 6 * mebibyte, 1], code: "InvalidPart" },
    { equalParts: true, sizes: [5 * mebibyte, 5 * mebibyte + 1], code: "InvalidPart" },
    { equalParts: true, sizes: [5 * mebibyte, 5 * mebibyte, 5 * mebibyte], code: undefined },
    { equalParts: true, sizes: [5 * mebibyte, 1], code: undefined },
    { equalParts: true, sizes: [7], code: undefined },
  ])("of parts $sizes, equal parts $equalParts: refusal $code", async ({ equalParts, sizes, code }) => {
    const at = await started({ equalParts });
    const complete = at.client.send(new CompleteMultipartUploadCommand(await uploadParts(at, "k", sizes)));
    if (code === undefined) expect((await complete).ETag).toBeDefined();
    else await expect(complete).rejects.toMatchObject(refusal(code, 400));
  });

  it.each([0, 10_001])("have no part number %i", async (PartNumber) => {
    const at = await started();
    const UploadId = await createUpload(at, "k");
    const request = { Bucket: at.Bucket, Key: "k", UploadId, PartNumber, Body: "x" };
    await expect(at.client.send(new UploadPartCommand(request))).rejects.toMatchObject(
      refusal("InvalidArgument", 400),
    );
  });

  it("are complete only if absent, when they are asked to", async () => {
    const at = await started();
    const upload = await uploadParts(at, "k", [10]);
    await put(at, "k", "first");
    const complete = new CompleteMultipartUploadCommand({ ...upload, IfNoneMatch: "*" });
    await expect(at.client.send(complete)).rejects.toMatchObject(refusal("PreconditionFailed", 412));
  });

  it("may fail to complete with 200 and an error in the body; the next try succeeds", async () => {
    const at = await started();
    at.server.behaviour.completeErrorsIn200 = 1;
    const upload = await uploadParts(at, "k", [10]);
    const failed = at.client.send(new CompleteMultipartUploadCommand(upload));
    await expect(failed).rejects.toMatchObject({ name: "InternalError" });
    expect(at.server.requests.at(-1)).toMatchObject({ status: 200, code: "InternalError" });
    await at.client.send(new CompleteMultipartUploadCommand(upload));
    expect(at.server.objects()).toHaveLength(1);
  });

  it("need the checksum of each part at the end, when they were begun with one", async () => {
    const at = await started();
    const { client, Bucket } = at;
    const begin = new CreateMultipartUploadCommand({ Bucket, Key: "k", ChecksumAlgorithm: "CRC32" });
    const { UploadId } = await client.send(begin);
    const upload = { Bucket, Key: "k", UploadId };
    const { ETag, ChecksumCRC32 } = await client.send(
      new UploadPartCommand({ ...upload, PartNumber: 1, Body: "hello", ChecksumAlgorithm: "CRC32" }),
    );
    const complete = (part: object) =>
      client.send(
        new CompleteMultipartUploadCommand({
          ...upload,
          MultipartUpload: { Parts: [{ PartNumber: 1, ETag, ...part }] },
        }),
      );
    await expect(complete({})).rejects.toMatchObject(refusal("InvalidRequest", 400));
    expect((await complete({ ChecksumCRC32 })).ETag).toBeDefined();
  });

  it.each([
    { title: "no length", headers: {}, chunked: true, status: 411, code: "MissingContentLength" },
    {
      title: "more than 5 GiB",
      headers: { "content-length": 5 * 1024 ** 3 + 1, expect: "100-continue" },
      chunked: false,
      status: 400,
      code: "EntityTooLarge",
    },
  ])("have no part of $title, before its bytes are sent", async ({ headers, chunked, status, code }) => {
    const at = await started();
    const { client, Bucket } = at;
    const UploadId = await createUpload(at, "k");
    const url = await getSignedUrl(
      client,
      new UploadPartCommand({ Bucket, Key: "k", UploadId, PartNumber: 1 }),
    );
    const { pathname, search } = new URL(url);
    const outgoing = open(at.server.endpoint, "PUT", pathname + search, { headers, chunked });
    outgoing.flushHeaders();
    const answer = await answerTo(outgoing);
    outgoing.destroy();
    expect([answer.status, answer.body.toString()]).toEqual([status, expect.stringContaining(code)]);
    expect(at.server.requests.at(-1)).toMatchObject({ bytesIn: 0, code });
  });

  it("take as long to complete as the test says", async () => {
    const at = await started();
    const upload = await uploadParts(at, "k", [10]);
    at.server.behaviour.completeMs = 200;
    const begun = performance.now();
    await at.client.send(new CompleteMultipartUploadCommand(upload));
    expect(performance.now() - begun).toBeGreaterThan(190);
  });
});
