// A registry whose blobs are in a bucket, as its operator meets it: starts that fail, uploads that go on after a restart,
// the commands that look after the bucket, and moves between it and a directory.
import { randomBytes } from "node:crypto";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { DeleteObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { locationOf, type RegistryHttp, sha256, withQuery } from "../support/clients/registry-http.ts";
import { createScratchFolder, removeScratchFolder } from "../support/clients/scratch-folder.ts";
import { startStrictS3, type StrictS3 } from "../support/s3/strict-s3-server.ts";
import { BerthProcess, berthForThisFile } from "./berth-process.ts";
import { offsetOf, sendAndCut, sendRest } from "./cut-upload.ts";
import {
  berthCommand,
  type Ended,
  environmentOf,
  settingsOf,
  uploadedBytes,
  writeConfig,
} from "./s3-berth.ts";

let s3: StrictS3;
let folder: string;
beforeAll(async () => {
  folder = await createScratchFolder();
});
afterAll(async () => {
  await s3.close();
  await removeScratchFolder(folder);
});
const berth = berthForThisFile(async () => {
  s3 = await startStrictS3();
  return { environment: environmentOf(s3) };
});

describe("a start", () => {
  it.each([
    ["a bucket that is not there", { bucket: "nobodys" }, /there is no bucket of that name/],
    ["a wrong secret", { secretAccessKey: "wrong" }, /does not accept the credentials/],
    ["a key that nobody knows", { accessKeyId: "AKIANOBODY" }, /does not accept the credentials/],
    [
      "an endpoint where nothing is",
      { endpoint: "http://127.0.0.1:9" },
      /nothing answers at .*127\.0\.0\.1:9/,
    ],
  ])("with %s ends with an error of one sentence that names it", async (_what, wrong, sentence) => {
    const args = ["serve", "--listen", "127.0.0.1:0", "--data", join(folder, "never")];
    const { code, stdout, stderr } = await berthCommand(args, environmentOf(s3, wrong));
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr.trim()).toMatch(sentence);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stderr).not.toContain(s3.secretAccessKey);
  });
});

describe("an upload that was cut at six tenths", () => {
  it.each([
    ["it was asked to end", "stop"],
    ["it was killed", "kill"],
  ] as const)("goes on where it was after %s and started again", async (_end, how) => {
    const { http } = berth.current;
    const content = randomBytes(10_000_000);
    const digest = sha256(content);
    const location = await http.startUpload("team/resumed");
    const before = uploadedBytes(s3);
    await sendAndCut(http, location, content, 6_000_000, () =>
      expect.poll(() => uploadedBytes(s3), { timeout: 10_000 }).toBeGreaterThan(before),
    );
    await expect.poll(() => offsetOf(http, location), { timeout: 20_000 }).toBe(6_000_000);
    await berth.current[how]();
    await berth.current.start();
    const offset = await offsetOf(http, location);
    expect(offset).toBe(6_000_000);
    let patch = await sendRest(http, location, content, offset);
    // A writer that was killed keeps the session until its lease ends.
    for (let tries = 0; patch.status === 416 && tries < 100; tries++) {
      await delay(200);
      patch = await sendRest(http, location, content, offset);
    }
    expect([patch.status, patch.headers.range]).toEqual([202, `0-${content.length - 1}`]);
    const put = await http.send("PUT", withQuery(locationOf(patch), { digest }), {
      headers: { "content-length": 0 },
    });
    expect(put.status).toBe(201);
    const stored = await http.digestOf(`/v2/team/resumed/blobs/${digest}`);
    expect(stored).toMatchObject({ digest, size: content.length });
    expect(s3.multipartUploads()).toEqual([]);
    expect(s3.objects().filter(({ key }) => !/^(blobs|index)\//.test(key))).toEqual([]);
  });
});

describe("the commands", () => {
  it("doctor finds that everything works", async () => {
    const { code, stdout } = await berthCommand(["doctor", "storage"], environmentOf(s3));
    expect(code, stdout).toBe(0);
    for (const tried of ["put", "range", "multipart", "presign", "conditional put", "batch delete"])
      expect(stdout).toMatch(new RegExp(`^${tried} +works`, "m"));
    expect(stdout).not.toMatch(/fails|skipped/);
  });

  it("doctor ends with 1 and says what helps where the bucket is not there", async () => {
    const environment = environmentOf(s3, { bucket: "nobodys" });
    const { code, stdout } = await berthCommand(["doctor", "storage"], environment);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^put +fails .*there is no bucket of that name/m);
  });

  it("fsck agrees with what was pushed, and finds and marks an object that is gone", async () => {
    const { http, data } = berth.current;
    const content = randomBytes(7_000_000);
    const held = new Set(s3.objects().map(({ key }) => key));
    const digest = await http.pushBlob("team/checked", content);
    const fsck = (...flags: string[]): Promise<Ended> =>
      berthCommand(["fsck", "--data", data, ...flags], environmentOf(s3));
    const whole = await fsck();
    expect(whole.code, whole.stdout + whole.stderr).toBe(0);
    const [key = ""] = s3
      .objects()
      .flatMap((one) => (one.key.startsWith("blobs/") ? [one.key] : []))
      .filter((one) => !held.has(one));
    await removeObject(key);
    const broken = await fsck();
    expect(broken.code).toBe(1);
    expect(broken.stdout).toContain(digest);
    expect((await fsck("--repair")).code).toBe(0);
    expect((await http.send("HEAD", `/v2/team/checked/blobs/${digest}`)).status).toBe(404);
    await http.pushBlob("team/checked", content);
    expect(await http.digestOf(`/v2/team/checked/blobs/${digest}`)).toMatchObject({ digest });
    expect((await fsck()).code).toBe(0);
  });
});

describe("a move", () => {
  it("from a directory to the bucket and back keeps every blob, while the registry serves", async () => {
    const bucket = await writeConfig(folder, "bucket", { s3: { ...settingsOf(s3), prefix: "moved/" } });
    const directory = await writeConfig(folder, "directory", {
      filesystem: { directory: join(folder, "back") },
    });
    const inUse = await writeConfig(folder, "in-use", {
      filesystem: { directory: join(folder, "first") },
    });
    const moving = await BerthProcess.start({ BERTH_CONFIG: inUse });
    try {
      const contents = [7_000_000, 20_000, 1].map((size) => randomBytes(size));
      for (const content of contents) await moving.http.pushBlob("team/app", content);
      await move(moving, inUse, bucket);
      s3.forgetRequests();
      await pullAll(moving.http, contents);
      expect(s3.counts().GetObject).toBe(contents.length);
      await move(moving, inUse, directory);
      s3.forgetRequests();
      await pullAll(moving.http, contents);
      expect(s3.counts()).toEqual({});
    } finally {
      await moving.close();
    }
  });
});

/** Copies while the process serves, switches while it is stopped, and starts it in the new place. */
async function move(moving: BerthProcess, inUse: string, to: string): Promise<void> {
  const copy = async (...flags: string[]): Promise<void> => {
    const args = ["storage", "copy", "--config", inUse, "--data", moving.data, "--to", to, ...flags];
    const { code, stdout, stderr } = await berthCommand(args);
    expect(code, stdout + stderr).toBe(0);
  };
  await copy();
  await moving.stop();
  await copy("--switch");
  await copyFile(to, inUse);
  await moving.start();
}

async function pullAll(http: RegistryHttp, contents: readonly Buffer[]): Promise<void> {
  for (const content of contents) {
    const digest = sha256(content);
    expect(await http.digestOf(`/v2/team/app/blobs/${digest}`)).toMatchObject({
      digest,
      size: content.length,
    });
  }
}

/** Behind the registry's back. */
async function removeObject(Key: string): Promise<void> {
  const { endpoint, region, accessKeyId, secretAccessKey, bucket: Bucket } = s3;
  const credentials = { accessKeyId, secretAccessKey };
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  await client.send(new DeleteObjectCommand({ Bucket, Key }));
  client.destroy();
}
