// The start: what is wrong is named in one sentence. And the options that change what is sent or where to.
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { contentOf, put, sampleBytes } from "../../../contracts/blob-store-under-test.ts";
import { scratchDirectory } from "../../../support/scratch-directory.ts";
import { strictStore } from "./strict-store.ts";

const patience = { pauseMilliseconds: 1, attempts: 2, answerMilliseconds: 20_000 };
const wrongKey = { kind: "static", accessKeyId: "AKIATESTACCESSKEY", secretAccessKey: "wrong" } as const;
const unknownKey = { kind: "static", accessKeyId: "AKIANOBODY", secretAccessKey: "wrong" } as const;

describe("opening a bucket", () => {
  it.each([
    [
      "bucket",
      { bucket: "not-there" },
      "The bucket not-there cannot be used: there is no bucket of that name",
    ],
    ["secret key", { credentials: wrongKey }, "does not accept the credentials (SignatureDoesNotMatch)"],
    ["access key", { credentials: unknownKey }, "does not accept the credentials (InvalidAccessKeyId)"],
    ["port", { endpoint: "http://127.0.0.1:1" }, "nothing answers at http://127.0.0.1:1 (ECONNREFUSED)"],
    [
      "host",
      { endpoint: "http://no-such-host.invalid" },
      "the host of the endpoint http://no-such-host.invalid is not known",
    ],
    ["region", { region: "eu-elsewhere-9" }, "it is not in the region eu-elsewhere-9"],
    [
      "file of keys",
      { credentials: { kind: "file", path: "/nowhere/keys.json" } },
      "The S3 credentials in /nowhere/keys.json cannot be read: ENOENT",
    ],
    ["case of the bucket", { bucket: "Not-There" }, "no bucket's name has capitals. Correct bucket."],
    ["bucket's name", { bucket: "s3://berth" }, "that is no name that a bucket may have. Correct bucket"],
    ["region's name", { region: "eu test" }, "eu test is no name of a region. Correct region."],
    [
      "folder of parts",
      { spoolDirectory: "/dev/null/spool" },
      "The spoolDirectory /dev/null/spool, where parts wait for the bucket, cannot be written: ENOTDIR",
    ],
  ] as const)("says that the %s is wrong", async (_, options, sentence) => {
    const { open } = await strictStore();
    const opening = open({ ...options, patience });
    await expect(opening).rejects.toMatchObject({ code: "unsuitable" });
    await expect(opening).rejects.toThrow(sentence);
  });

  it("says that the endpoint does not speak TLS", async () => {
    const { open, server } = await strictStore();
    const opening = open({ endpoint: server.endpoint.replace("http:", "https:"), patience });
    await expect(opening).rejects.toThrow(/does not speak TLS. Correct endpoint/);
  });

  it.each([
    [200, "what was written there reads differently"],
    [302, "answers with 302 and not as S3 does. Correct endpoint"],
    [301, "it is not in the region eu-test-1"],
    [403, "answers with 403 and not as S3 does. Correct endpoint"],
    [502, "answers with 502 and not as S3 does. Correct endpoint"],
  ])("says that something else than S3 answers, with %i and a page", async (status, sentence) => {
    const { open } = await strictStore();
    const page = createServer((_, response) => void response.writeHead(status).end("<html>Welcome</html>"));
    await new Promise<void>((resolve) => page.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void page.close());
    const { port } = page.address() as AddressInfo;
    const opening = open({ endpoint: `http://127.0.0.1:${port}`, patience });
    await expect(opening).rejects.toThrow(sentence);
  });

  it("leaves nothing behind", async () => {
    const { server } = await strictStore();
    expect(server.objects()).toEqual([]);
  });

  it("reads keys from a file again when it changes", async () => {
    const { open, server } = await strictStore();
    const file = path.join(await scratchDirectory(), "keys.json");
    const { accessKeyId, secretAccessKey } = server;
    await writeFile(file, JSON.stringify({ accessKeyId, secretAccessKey }));
    const store = await open({ credentials: { kind: "file", path: file }, patience });
    await store.ping();
    await writeFile(file, JSON.stringify({ accessKeyId, secretAccessKey: "no longer the one" }));
    await expect(store.ping()).rejects.toMatchObject({ code: "busy", cause: { status: 403 } });
  });

  it("asks for the storage class and the encryption with all that it stores", async () => {
    const { open, server } = await strictStore();
    const store = await open({
      storageClass: "STANDARD_IA",
      serverSideEncryption: { algorithm: "aws:kms", keyId: "key-1" },
    });
    server.forgetRequests();
    await put(store, sampleBytes(6_000_000));
    const stored = server.requests.filter(({ operation }) =>
      /^(PutObject|CreateMultipartUpload)$/.test(operation),
    );
    expect(stored.length).toBeGreaterThan(1);
    for (const { headers } of stored) {
      expect(headers).toMatchObject({
        "x-amz-storage-class": "STANDARD_IA",
        "x-amz-server-side-encryption": "aws:kms",
        "x-amz-server-side-encryption-aws-kms-key-id": "key-1",
      });
    }
  });

  it("signs URLs for the public endpoint, good for one object", async () => {
    const { open, server } = await strictStore();
    const store = await open({ publicEndpoint: server.endpoint });
    const { locator } = await put(store, Buffer.from("content"));
    server.forgetRequests();
    const url = await store.redirectUrl(locator, 60);
    expect(server.counts()).toEqual({});
    expect(url.startsWith(server.endpoint)).toBe(true);
    expect(await (await fetch(url)).text()).toBe("content");
    expect((await fetch(url.replace(locator, "blobs/other"))).status).toBe(403);
    expect((await contentOf(store, locator))?.toString()).toBe("content");
  });
});
