// The faulty S3 proxy: without rules it changes nothing, and each fault is what its name says.
import type { Readable } from "node:stream";
import {
  CompleteMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type S3ClientConfig,
} from "@aws-sdk/client-s3";
import { describe, expect, it, onTestFinished } from "vitest";
import { sampleBytes } from "../../contracts/blob-store-under-test.ts";
import { FaultRule, type Fault } from "./fault-rule.ts";
import { startFaultyS3Proxy } from "./faulty-s3-proxy.ts";
import { clientOf, get, put, refusal, started, uploadParts } from "./strict-s3-client.ts";

async function throughProxy(config: S3ClientConfig = {}) {
  const { server, Bucket } = await started();
  const proxy = await startFaultyS3Proxy(server.endpoint);
  const client = clientOf(server, { endpoint: proxy.endpoint, ...config });
  onTestFinished(async () => {
    client.destroy();
    await proxy.close();
  });
  return { server, proxy, client, Bucket };
}

const bytes = sampleBytes(200_000);

describe("the faulty proxy", () => {
  it("passes on what no rule is about, as it was signed", async () => {
    const at = await throughProxy();
    const sizes = [5 * 1024 * 1024, 100];
    await at.client.send(new CompleteMultipartUploadCommand(await uploadParts(at, "a b/ü", sizes)));
    expect((await get(at, "a b/ü", "bytes=5242870-5242889")).length).toBe(20);
    await at.client.send(new HeadObjectCommand({ Bucket: at.Bucket, Key: "a b/ü" }));
    await at.client.send(new ListObjectsV2Command({ Bucket: at.Bucket }));
    const seen = at.server.requests.map(({ operation, key, status }) => ({ operation, key, status }));
    expect(seen).toHaveLength(7);
    expect(at.proxy.requests).toEqual(seen.map((request) => ({ ...request, fault: undefined })));
    expect(
      at.server.requests.every(({ headers }) => headers["host"] === new URL(at.proxy.endpoint).host),
    ).toBe(true);
  });

  it.each([
    { fault: "reset-before" },
    { fault: "reset-after-request" },
    { fault: "500" },
    { fault: "503-slowdown" },
  ] as const)("$fault befalls one part, and the client's next try succeeds", async ({ fault }) => {
    const at = await throughProxy({ maxAttempts: 2 });
    const rule = at.proxy.inject({ operation: "UploadPart", nth: 2, fault });
    const upload = await uploadParts(at, "k", [5 * 1024 * 1024, 5 * 1024 * 1024, 1]);
    await at.client.send(new CompleteMultipartUploadCommand(upload));
    expect(rule.hits).toBe(1);
    expect(at.proxy.requests.filter((request) => request.fault === fault)).toHaveLength(1);
    expect(at.server.counts().UploadPart).toBe(fault === "reset-after-request" ? 4 : 3);
    expect(at.server.objects()[0]!.parts).toHaveLength(3);
  });

  it.each([
    { fault: "500", code: "InternalError", status: 500 },
    { fault: "503-slowdown", code: "SlowDown", status: 503 },
  ] as const)(
    "$fault is answered in the words of S3, to HEAD without any",
    async ({ fault, code, status }) => {
      const at = await throughProxy();
      at.proxy.inject({ fault });
      await expect(put(at, "k", bytes)).rejects.toMatchObject(refusal(code, status));
      const head = at.client.send(new HeadObjectCommand({ Bucket: at.Bucket, Key: "k" }));
      await expect(head).rejects.toMatchObject({ $metadata: { httpStatusCode: status } });
      expect(at.server.requests).toEqual([]);
    },
  );

  it("loses the answer to a Complete that was done: the second finds no upload", async () => {
    const at = await throughProxy({ maxAttempts: 2 });
    at.proxy.inject({ operation: "CompleteMultipartUpload", nth: 1, fault: "reset-after-request" });
    const upload = await uploadParts(at, "k", [10]);
    const complete = at.client.send(new CompleteMultipartUploadCommand(upload));
    await expect(complete).rejects.toMatchObject(refusal("NoSuchUpload", 404));
    expect(at.server.objects()).toHaveLength(1);
  });

  it.each([0, 1, 100_000, 199_999])("breaks an answer off after %i of its bytes", async (afterBytes) => {
    const at = await throughProxy();
    await put(at, "k", bytes);
    at.proxy.inject({ operation: "GetObject", fault: "reset-during-response", afterBytes });
    const got = await received(at);
    expect(got.error).toBeDefined();
    expect(got.bytes.equals(bytes.subarray(0, afterBytes))).toBe(true);
  });

  it.each([
    { by: 5, length: 200_005, received: 200_000, breaks: true },
    { by: -5, length: 199_995, received: 199_995, breaks: false },
  ])("lies about the length by $by", async ({ by, length, received: count, breaks }) => {
    const at = await throughProxy({ responseChecksumValidation: "WHEN_REQUIRED" });
    await put(at, "k", bytes);
    at.proxy.inject({ operation: "GetObject", fault: "wrong-length", by });
    const got = await received(at);
    expect(got.length).toBe(length);
    expect(got.bytes.equals(bytes.subarray(0, count))).toBe(true);
    expect(got.error !== undefined).toBe(breaks);
  });

  it("never answers, until the client gives up", async () => {
    const at = await throughProxy();
    at.proxy.inject({ fault: "timeout" });
    const controller = new AbortController();
    const asked = at.client.send(new ListObjectsV2Command({ Bucket: at.Bucket }), {
      abortSignal: controller.signal,
    });
    await expect.poll(() => at.proxy.requests).toHaveLength(1);
    controller.abort();
    await expect(asked).rejects.toMatchObject({ name: "AbortError" });
    expect(at.server.requests).toEqual([]);
  });

  it("slows bytes down in both directions, and changes none", async () => {
    const at = await throughProxy();
    at.proxy.inject({ fault: "slow-bytes", bytesPerSecond: 1_000_000 });
    const begun = performance.now();
    await put(at, "k", bytes);
    expect(performance.now() - begun).toBeGreaterThan(150);
    const answered = performance.now();
    expect((await get(at, "k")).equals(bytes)).toBe(true);
    expect(performance.now() - answered).toBeGreaterThan(150);
  });

  it("heals when the rule is removed, or all are", async () => {
    const at = await throughProxy();
    const rule = at.proxy.inject({ fault: "500" });
    await expect(put(at, "k")).rejects.toThrow();
    rule.remove();
    await put(at, "k");
    at.proxy.inject({ fault: "reset-before" });
    at.proxy.reset();
    await put(at, "k");
    expect(at.proxy.requests).toMatchObject([{ operation: "PutObject", fault: undefined, status: 200 }]);
  });
});

describe("a fault rule", () => {
  const fault: Fault = { fault: "500" };
  const struck = (rule: FaultRule, count = 12) =>
    Array.from({ length: count }, (_, index) => index + 1).filter(() => rule.strikes("PutObject", "a/k"));

  it.each([
    [{}, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]],
    [{ nth: 3 }, [3]],
    [{ every: 5 }, [5, 10]],
    [{ every: 5, times: 1 }, [5]],
    [{ times: 2 }, [1, 2]],
    [{ operation: "PutObject", nth: 1 }, [1]],
    [{ operation: ["GetObject", "PutObject"], nth: 1 }, [1]],
    [{ operation: "GetObject" }, []],
    [{ keyPrefix: "a/", nth: 1 }, [1]],
    [{ keyPrefix: "b/" }, []],
    [{ probability: 0 }, []],
    [{ probability: 1, times: 3 }, [1, 2, 3]],
  ] as const)("of %j strikes the requests %j of twelve", (selection, expected) => {
    expect(struck(new FaultRule({ ...selection, ...fault }))).toEqual(expected);
  });

  it("counts only the requests that it is about", () => {
    const rule = new FaultRule({ operation: "UploadPart", nth: 2, ...fault });
    const asked = ["UploadPart", "PutObject", "UploadPart", "UploadPart"] as const;
    expect(asked.map((operation) => rule.strikes(operation, "k"))).toEqual([false, false, true, false]);
  });

  it("of a probability strikes about that share, the same requests by the same seed", () => {
    const of = (seed: number) => struck(new FaultRule({ probability: 0.2, seed, ...fault }), 1000);
    expect(of(7)).toEqual(of(7));
    expect(of(7)).not.toEqual(of(8));
    expect(of(7).length).toBeGreaterThan(150);
    expect(of(7).length).toBeLessThan(250);
  });
});

/** What arrives of the object, and the error that ends it. */
async function received(at: Awaited<ReturnType<typeof throughProxy>>) {
  const { Body, ContentLength } = await at.client.send(new GetObjectCommand({ Bucket: at.Bucket, Key: "k" }));
  const pieces: Buffer[] = [];
  try {
    for await (const piece of Body as Readable) pieces.push(piece as Buffer);
    return { bytes: Buffer.concat(pieces), length: ContentLength, error: undefined };
  } catch (error) {
    return { bytes: Buffer.concat(pieces), length: ContentLength, error };
  }
}
