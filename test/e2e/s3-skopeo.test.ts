// skopeo over a registry whose blobs are in a bucket: several parts a layer, whole indexes, another S3, and redirects.
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildRandomImage, writeIndexLayout } from "../support/clients/image-layout.ts";
import { skopeo } from "../support/clients/installed-client.ts";
import { sha256 } from "../support/clients/registry-http.ts";
import { runCommand } from "../support/clients/run-command.ts";
import { createScratchFolder, removeScratchFolder } from "../support/clients/scratch-folder.ts";
import { verifyImage } from "../support/clients/verify-image.ts";
import type { S3Endpoint } from "../support/s3/s3-endpoint.ts";
import { startS3rver } from "../support/s3/s3rver-server.ts";
import { startStrictS3, type StrictS3 } from "../support/s3/strict-s3-server.ts";
import { type BerthProcess, berthForThisFile } from "./berth-process.ts";
import { blobCalls, environmentOf } from "./s3-berth.ts";

let folder: string;
const images = { amd64: buildRandomImage(18_000_000), arm64: buildRandomImage(300_000, "arm64") };
const layout = (): string => `oci:${folder}/both:1`;
const insecure = ["--src-tls-verify=false", "--dest-tls-verify=false"];
const copy = (from: string, to: string): Promise<string> =>
  runCommand("skopeo", ["copy", "--all", ...insecure, from, to]);
const target = (berth: BerthProcess): string => `docker://${berth.host}/sk/both:1`;

beforeAll(async () => {
  folder = await createScratchFolder();
  await mkdir(join(folder, "both"));
  await writeIndexLayout(join(folder, "both"), "1", images);
});
afterAll(() => removeScratchFolder(folder));

/** Pulls into an empty folder and holds every blob against what was pushed. */
async function pullAndCompare(berth: BerthProcess, into: string): Promise<void> {
  await copy(target(berth), `oci:${join(folder, into)}:1`);
  for (const { blobs } of Object.values(images))
    for (const digest of blobs.keys())
      expect(sha256(await readFile(join(folder, into, "blobs/sha256", digest.slice(7))))).toBe(digest);
}

describe.each([
  { kind: "the strict S3", start: () => startStrictS3() },
  {
    kind: "the strict S3 with equal parts",
    start: () => startStrictS3({ equalParts: true }),
    equalParts: true,
  },
  { kind: "s3rver", start: () => startS3rver() },
])("$kind", ({ start, equalParts = false }) => {
  let s3: S3Endpoint;
  afterAll(() => s3.close());
  const berth = berthForThisFile(async () => {
    s3 = await start();
    return { environment: environmentOf(s3, { equalParts }) };
  });

  describe.skipIf(skopeo.missing)(skopeo.title, () => {
    it("copies an index with a layer of several parts there and back", async () => {
      await copy(layout(), target(berth.current));
      const stored = await verifyImage(berth.current.http, "sk/both", "1");
      expect(stored.children.map(({ digest }) => digest)).toEqual(
        Object.values(images).map(({ digest }) => digest),
      );
      if ("objects" in s3) expect(partsOf(s3 as StrictS3)).toBeGreaterThanOrEqual(3);
      await pullAndCompare(berth.current, `back-${String(equalParts)}-${new URL(s3.endpoint).port}`);
    });
  });
});

describe("with redirect", () => {
  let s3: StrictS3;
  afterAll(() => s3.close());
  const berth = berthForThisFile(async () => {
    s3 = await startStrictS3();
    return { environment: environmentOf(s3, { redirect: true }) };
  });

  describe.skipIf(skopeo.missing)(skopeo.title, () => {
    it("pulls every blob from the bucket by a signed URL", async () => {
      await copy(layout(), target(berth.current));
      s3.forgetRequests();
      await pullAndCompare(berth.current, "redirected");
      const reads = blobCalls(s3).filter(({ operation }) => operation === "GetObject");
      expect(reads).toHaveLength(4);
      expect(reads.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
      expect(reads.every(({ status }) => status === 200)).toBe(true);
      const gets = (await berth.current.requests()).filter(
        ({ method, status }) => method === "GET" && status === 307,
      );
      expect(gets).toHaveLength(4);
    });
  });
});

/** The most parts that an object of the bucket has. */
function partsOf(server: StrictS3): number {
  return Math.max(...server.objects().map(({ parts }) => parts.length));
}
