// What a bucket costs: memory under parallel pushes, the end of a push by the size of the blob, and what is asked of S3
// for things that the rows know. Goals: at most 350 MiB and flat; equal, nothing read; 0 calls.
import { afterAll, beforeAll, expect, it } from "vitest";
import { BerthProcess } from "../../e2e/berth-process.ts";
import { blobCalls, environmentOf } from "../../e2e/s3-berth.ts";
import { expectStatus, locationOf, RegistryHttp, withQuery } from "../../support/clients/registry-http.ts";
import { startStrictS3, type StrictS3 } from "../../support/s3/strict-s3-server.ts";
import { type RepeatedContent, repeatedContents } from "../repeated-content.ts";
import { serverTimes } from "./server-times.ts";

/** For machines that have not the time or the disk for all of it. */
const sizes = {
  pushed: Number(process.env["BERTH_TEST_BENCH_PUSHED_MIB"] ?? 200),
  large: Number(process.env["BERTH_TEST_BENCH_LARGE_MIB"] ?? 5120),
};
const parallel = 50;
/** The defaults of a user, unlike the small parts of the tests. */
const usualParts = { partBytes: undefined };

let s3: StrictS3;
beforeAll(async () => {
  s3 = await startStrictS3();
});
afterAll(() => s3.close());

async function withBerth(prefix: string, work: (berth: BerthProcess) => Promise<void>): Promise<void> {
  const berth = await BerthProcess.start(environmentOf(s3, { ...usualParts, prefix }));
  try {
    s3.forgetRequests();
    await work(berth);
  } finally {
    await berth.close();
    await s3.reset();
  }
}

/** POST and PATCH in chunks, as docker does: nobody knows the length before the end. The path for the PUT. */
async function send(http: RegistryHttp, content: RepeatedContent): Promise<string> {
  const location = await http.startUpload("team/app");
  const patch = await http.send("PATCH", location, { body: content.open() });
  expectStatus(patch, 202, "PATCH");
  return withQuery(locationOf(patch), { digest: content.digest });
}

async function close(http: RegistryHttp, path: string): Promise<void> {
  const put = await http.send("PUT", path, { headers: { "content-length": 0 } });
  expectStatus(put, 201, "PUT");
}

async function push(berth: BerthProcess, content: RepeatedContent): Promise<void> {
  const http = new RegistryHttp(`http://${berth.host}`);
  await close(http, await send(http, content)).finally(() => http.close());
}

it("shows the memory of parallel pushes by the size of the blobs", async () => {
  const rows: object[] = [];
  for (const mebibytes of [sizes.pushed / 10, sizes.pushed]) {
    await withBerth(`memory-${mebibytes}/`, async (berth) => {
      const before = berth.process.residentMiB().now;
      const contents = repeatedContents(mebibytes, parallel);
      const start = performance.now();
      await Promise.all(contents.map((content) => push(berth, content)));
      const seconds = (performance.now() - start) / 1000;
      const { now, peak } = berth.process.residentMiB();
      rows.push({
        pushes: `${parallel} x ${mebibytes} MiB`,
        "RSS before": before,
        "RSS peak": peak,
        "RSS after": now,
        seconds: seconds.toFixed(0),
        "MiB/s": ((parallel * mebibytes) / seconds).toFixed(0),
      });
    });
  }
  console.table(rows);
});

it("shows what the end of a push costs by the size of the blob", async () => {
  const times = serverTimes();
  const rows: object[] = [];
  await withBerth("close/", async ({ http }) => {
    const order = [10, 10, 10, 10, 10, sizes.large / 5, sizes.large];
    for (const [round, mebibytes] of order.entries()) {
      const [content] = repeatedContents(mebibytes, 1);
      if (!content) throw new Error("one content was asked for");
      const path = await send(http, content);
      s3.forgetRequests();
      times.take();
      const start = performance.now();
      await close(http, path);
      const put = performance.now() - start;
      const bucket = times.take();
      const calls = blobCalls(s3);
      rows.push({
        round,
        blob: `${mebibytes} MiB`,
        "PUT ms": put.toFixed(1),
        "S3 ms": bucket.toFixed(1),
        "Berth's own ms": (put - bucket).toFixed(1),
        calls: calls.map(({ operation }) => operation).join(" "),
        "bytes read": calls.reduce(
          (sum, call) => sum + (call.operation === "GetObject" ? call.bytesOut : 0),
          0,
        ),
      });
    }
  });
  times.stop();
  console.table(rows);
});

it("shows what is asked of the bucket for what the rows know", async () => {
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  await withBerth("rows/", async ({ http }) => {
    const digests: string[] = [];
    for (let n = 0; n < 31; n++) digests.push(await http.pushBlob("team/app", Buffer.from(`layer ${n}`)));
    const [config, ...layers] = digests.map((digest, n) => ({
      mediaType: "application/octet-stream",
      digest,
      size: `layer ${n}`.length,
    }));
    const manifest = { schemaVersion: 2, mediaType, config, layers };
    const pushImage = async (): Promise<void> => {
      for (const digest of digests)
        expectStatus(await http.send("HEAD", `/v2/team/app/blobs/${digest}`), 200, "HEAD");
      expectStatus(await http.pushManifest("team/app", "1", manifest, mediaType), 201, "PUT of the manifest");
    };
    const calls = async (work: () => Promise<unknown>): Promise<number> => {
      s3.forgetRequests();
      await work();
      return blobCalls(s3).length;
    };
    await pushImage();
    const rows = [
      { request: "push of an image of 30 layers that is there", "S3 calls": await calls(pushImage) },
      {
        request: "page of the catalog",
        "S3 calls": await calls(() => http.send("GET", "/v2/_catalog?n=100")),
      },
      { request: "page of tags", "S3 calls": await calls(() => http.send("GET", "/v2/team/app/tags/list")) },
    ];
    console.table(rows);
    expect(rows).toHaveLength(3);
  });
});
