// The strict S3 server, asked by the client library that the store uses: who may ask, dialects, the record.
import { randomUUID } from "node:crypto";
import { Agent } from "node:http";
import {
  CopyObjectCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { describe, expect, it, onTestFinished } from "vitest";
import { sampleBytes } from "../../contracts/blob-store-under-test.ts";
import { send } from "../http-request.ts";
import { started, clientOf, createUpload, get, put, refusal } from "./strict-s3-client.ts";

const mebibyte = 1024 * 1024;

describe("who may ask", () => {
  it.each([
    ["a wrong secret", { secretAccessKey: "wrong" }, "SignatureDoesNotMatch", 403],
    ["an unknown key", { accessKeyId: "AKIAUNKNOWN" }, "InvalidAccessKeyId", 403],
    ["another region", { region: "us-west-1" }, "AuthorizationHeaderMalformed", 400],
  ])("not with %s", async (_name, change, code, status) => {
    const { server, Bucket } = await started();
    const client = clientOf({ ...server, ...change });
    const put = client.send(new PutObjectCommand({ Bucket, Key: "k", Body: sampleBytes(3 * mebibyte) }));
    await expect(put).rejects.toMatchObject(refusal(code, status));
    expect(server.requests).toMatchObject([{ operation: "PutObject", status, code, bytesIn: 0 }]);
    client.destroy();
  });

  it("not by a clock that is half an hour off", async () => {
    const { server, Bucket } = await started();
    const client = clientOf(server, { systemClockOffset: 1_800_000 });
    const put = client.send(new PutObjectCommand({ Bucket, Key: "k", Body: "x" }));
    await expect(put).rejects.toMatchObject(refusal("RequestTimeTooSkewed", 403));
    client.destroy();
  });

  it("not without a signature", async () => {
    const { server } = await started();
    const answer = await send(server.endpoint, "GET", `/${server.bucket}/k`);
    expect(answer.status).toBe(403);
    expect(answer.body.toString()).toMatch(/<Code>AccessDenied<\/Code>.*<RequestId>[-0-9a-f]+<\/RequestId>/);
  });

  it("everybody who has a presigned address, for exactly that and while it lasts", async () => {
    let now = Date.now();
    const at = await started({ now: () => now });
    await put(at, "k", "hello");
    await put(at, "l", "other");
    const url = await getSignedUrl(at.client, new GetObjectCommand({ Bucket: at.Bucket, Key: "k" }), {
      expiresIn: 60,
    });
    const ask = async (address: string, method = "GET") => {
      const { pathname, search } = new URL(address);
      return send(at.server.endpoint, method, pathname + search);
    };
    const good = await ask(url);
    expect([good.status, good.body.toString()]).toEqual([200, "hello"]);
    expect((await ask(url.replace("/k?", "/l?"))).status).toBe(403);
    expect((await ask(url.replace("X-Amz-Expires=60", "X-Amz-Expires=600"))).status).toBe(403);
    expect((await ask(url, "DELETE")).status).toBe(403);
    expect((await ask(`${url}&response-content-type=text%2Fhtml`)).status).toBe(403);
    now += 61_000;
    const late = await ask(url);
    expect([late.status, late.body.toString()]).toEqual([
      403,
      expect.stringContaining("Request has expired"),
    ]);
  });

  it("not for other bytes than those that were signed", async () => {
    const at = await started();
    at.client.middlewareStack.add(
      (next) => (sent) => {
        Object.assign(sent.request as object, { body: "jello" });
        return next(sent);
      },
      // After the signature, which is made in this step at the usual priority.
      { step: "finalizeRequest", priority: "low", name: "forge" },
    );
    const forged = new PutObjectCommand({ Bucket: at.Bucket, Key: "k", Body: "hello" });
    await expect(at.client.send(forged)).rejects.toMatchObject(refusal("XAmzContentSHA256Mismatch", 400));
    expect(at.server.objects()).toEqual([]);
  });

  it("nobody about another bucket", async () => {
    const { client, Bucket } = await started();
    await client.send(new HeadBucketCommand({ Bucket }));
    await expect(client.send(new ListObjectsV2Command({ Bucket: "other" }))).rejects.toMatchObject(
      refusal("NoSuchBucket", 404),
    );
    await expect(client.send(new HeadBucketCommand({ Bucket: "other" }))).rejects.toMatchObject(
      refusal("NotFound", 404),
    );
  });

  it("by virtual host as well", async () => {
    const { server, Bucket } = await started();
    const lookup: NonNullable<ConstructorParameters<typeof Agent>[0]>["lookup"] = (_name, options, found) =>
      options.all ? found(null, [{ address: "127.0.0.1", family: 4 }]) : found(null, "127.0.0.1", 4);
    const requestHandler = new NodeHttpHandler({ httpAgent: new Agent({ lookup }) });
    const client = clientOf(server, {
      endpoint: server.virtualHostEndpoint,
      forcePathStyle: false,
      requestHandler,
    });
    onTestFinished(() => client.destroy());
    await client.send(new PutObjectCommand({ Bucket, Key: "dir/k", Body: "x" }));
    expect(server.objects().map(({ key }) => key)).toEqual(["dir/k"]);
    expect(server.requests[0]!.headers.host).toMatch(new RegExp(`^${Bucket}\\.s3\\.localhost:`));
  });
});

describe("the dialects", () => {
  it("know no checksum headers, if they are old", async () => {
    const old = await started({ flexibleChecksums: false }, { requestChecksumCalculation: "WHEN_REQUIRED" });
    await put(old, "k");
    const modern = clientOf(old.server);
    onTestFinished(() => modern.destroy());
    const refused = modern.send(new PutObjectCommand({ Bucket: old.Bucket, Key: "k", Body: "x" }));
    await expect(refused).rejects.toMatchObject(refusal("NotImplemented", 501));
  });

  it("name the region of the bucket", async () => {
    const { client, Bucket, server } = await started({ region: "eu-west-3" });
    const { LocationConstraint } = await client.send(new GetBucketLocationCommand({ Bucket }));
    expect(LocationConstraint).toBe(server.region);
  });

  it("do not copy", async () => {
    const { client, Bucket, server } = await started();
    const copy = new CopyObjectCommand({ Bucket, Key: "k", CopySource: `${Bucket}/l` });
    await expect(client.send(copy)).rejects.toMatchObject(refusal("NotImplemented", 501));
    expect(server.counts()).toEqual({ unknown: 1 });
  });
});

describe("the record", () => {
  it("counts operations and the bytes of bodies, and can be forgotten", async () => {
    const at = await started();
    await put(at, "k", sampleBytes(1000));
    await get(at, "k", "bytes=0-99");
    expect(at.server.counts()).toEqual({ PutObject: 1, GetObject: 1 });
    expect(at.server.requests).toMatchObject([
      { key: "k", bytesIn: 1000, bytesOut: 0, status: 200 },
      { key: "k", bytesIn: 0, bytesOut: 100, status: 206 },
    ]);
    at.server.forgetRequests();
    expect(at.server.counts()).toEqual({});
    expect(at.server.objects()).toHaveLength(1);
    await createUpload(at, randomUUID());
    await at.server.reset();
    expect([at.server.objects(), at.server.multipartUploads(), at.server.requests]).toEqual([[], [], []]);
  });
});
