// REQ-8: a hundred uploads that a kill -9 left behind leave nothing, neither in a directory nor in a bucket.
import { randomBytes } from "node:crypto";
import { expect, it, onTestFinished } from "vitest";
import { RegistryClient } from "../support/registry-client.ts";
import { startStrictS3 } from "../support/s3/strict-s3-server.ts";
import { BerthProcess } from "./berth-process.ts";
import { environmentOf, mebibyte } from "./s3-berth.ts";

const soon = { BERTH_UPLOADS_EXPIRY_SECONDS: "60" };

/** One of ten has a whole part, the others a few bytes or none; some were killed in the middle of a request. */
async function leaveUploads(environment: Record<string, string>): Promise<BerthProcess> {
  const berth = await BerthProcess.start({ ...soon, ...environment });
  onTestFinished(() => berth.close());
  const client = new RegistryClient(`http://${berth.host}`);
  onTestFinished(() => client.close());
  for (let n = 0; n < 100; n++) {
    const session = await client.startUpload("team/app");
    const body = randomBytes(n % 10 === 0 ? 6 * mebibyte : (n % 3) * 1000);
    const sent = client.send("PATCH", session, { body });
    if (n < 95) expect((await sent).status).toBe(202);
    else sent.catch(() => undefined);
  }
  await client.pushImage("team/app", "v1");
  await berth.kill();
  return berth;
}

const patience = { timeout: 240_000, interval: 1000 };

it("are gone from a directory when their time is over", async () => {
  const berth = await leaveUploads({});
  const left = async () => (await berth.filesIn("blobs/uploads")).length;
  expect(await left()).toBeGreaterThan(90);
  await berth.start();
  await expect.poll(left, patience).toBe(0);
  expect(await berth.filesIn("blobs/blobs")).toHaveLength(3);
}, 400_000);

it("are gone from a bucket when their time is over, with their parts", async () => {
  const s3 = await startStrictS3();
  onTestFinished(() => s3.close());
  const berth = await leaveUploads(environmentOf(s3));
  const left = () => [
    ...s3.multipartUploads().map(({ key }) => `multipart ${key}`),
    ...s3.objects().flatMap(({ key }) => (/^(?:blobs|index)\//.test(key) ? [] : [key])),
  ];
  expect(s3.multipartUploads().length).toBeGreaterThanOrEqual(10);
  await berth.start();
  await expect.poll(left, patience).toEqual([]);
  expect(s3.objects()).toHaveLength(2 * 3);
}, 400_000);
