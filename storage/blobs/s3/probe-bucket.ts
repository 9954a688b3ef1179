// Tries at an endpoint, one by one, what the store does there and what it can do without: dialects of S3 differ, and an
// operator should learn from a table which option helps, not from a failed push (REQ-60).
import { buffer } from "node:stream/consumers";
import { DeleteObjectsCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import type { Probe } from "../probe.ts";
import { runProbeSteps, Unneeded, type ProbeStep } from "../probe-steps.ts";
import { newUploadId } from "../upload-id.ts";
import { BucketListings } from "./bucket/bucket-listings.ts";
import { connectBucket, type ConnectedBucket } from "./bucket/connect-bucket.ts";
import type { Content } from "./bucket/s3-bucket.ts";
import { s3FailureOf } from "./bucket/s3-failure.ts";
import { reasonOf } from "./reason-of.ts";
import { openS3Body } from "./s3-body.ts";
import { defaultPatience, type S3Options } from "./s3-options.ts";

interface Probed extends ConnectedBucket {
  readonly listings: BucketListings;
  readonly options: S3Options;
  /** Below which everything is that the tries make. */
  readonly folder: string;
}

/** An operator is waiting, who can try again. */
const patience = { ...defaultPatience, attempts: 2, answerMilliseconds: 15_000 };
const never = new AbortController().signal;
/** The least that a part may have, but for the last one. */
const partBytes = 5 * 1024 * 1024;

export async function* probeBucket(options: S3Options): AsyncGenerator<Probe> {
  const { bucket, presigner } = connectBucket(options, patience);
  const folder = `probe/${newUploadId()}/`;
  const probed = { bucket, listings: new BucketListings(bucket), presigner, options, folder };
  try {
    yield* runProbeSteps([
      ...basicSteps(probed),
      ...uploadSteps(probed),
      ...optionalSteps(probed),
      deletion(probed),
    ]);
  } finally {
    await presigner.close();
    await bucket.close();
  }
}

function basicSteps({ bucket, listings, options, folder }: Probed): ProbeStep[] {
  const advise = (error: unknown): string => reasonOf(error, options);
  const key = `${folder}object`;
  const put = async (): Promise<string> => {
    await bucket.put(key, contentOf(sample));
    return `${sample.length} bytes`;
  };
  const read = async (extent?: { start: number; end: number }): Promise<string> => {
    const body = await openS3Body(bucket, key, { extent });
    const bytes = body && (await buffer(body.stream()));
    if (!bytes?.equals(sample.subarray(extent?.start, extent?.end))) throw new Error("other bytes came back");
    return extent ? `bytes ${extent.start} to ${extent.end - 1}` : "what was put";
  };
  const list = async (): Promise<string> => {
    for await (const object of listings.objects(folder, never)) if (object.key === key) return "what was put";
    throw new Error("what was put is not listed");
  };
  return [
    { name: "put", run: put, advise },
    { name: "read", needs: ["put"], run: () => read(), advise },
    { name: "range", needs: ["put"], run: () => read({ start: 100, end: 200 }), advise },
    { name: "list", needs: ["put"], run: list, advise },
  ];
}

function uploadSteps({ bucket, options, folder }: Probed): ProbeStep[] {
  const unequal = !options.equalParts;
  const upload = async (name: string, sizes: readonly number[]): Promise<string> => {
    const multipart = await bucket.createMultipart(`${folder}${name}`);
    try {
      const parts = [];
      for (const [index, size] of sizes.entries())
        parts.push(await bucket.uploadPart(multipart, index + 1, contentOf(Buffer.alloc(size, index))));
      const total = sizes.reduce((sum, size) => sum + size, 0);
      await bucket.complete(multipart, parts, total);
      const found = await bucket.head(multipart.key);
      if (found?.size !== total) throw new Error(`an object of ${total} bytes has ${found?.size ?? 0}`);
      return `${sizes.length} parts`;
    } catch (error) {
      await bucket.abort(multipart);
      throw error;
    }
  };
  const growing: ProbeStep = {
    name: "parts that grow",
    needs: ["multipart"],
    run: () => upload("growing", [partBytes, partBytes + 1, 100]),
    advise: () => "Set storage.blobs.s3.equalParts: true, as Cloudflare R2 needs it.",
  };
  return [
    {
      name: "multipart",
      needs: ["put"],
      run: () => upload("multipart", [partBytes, 100]),
      advise: (error) => reasonOf(error, options),
    },
    ...(unequal ? [growing] : []),
  ];
}

/** What Berth can do without: where it does not work the table says what that means. */
function optionalSteps({ bucket, presigner, folder }: Probed): ProbeStep[] {
  const key = `${folder}object`;
  const at = { Bucket: bucket.name, Key: `${bucket.prefix}${key}` };
  const presign = async (): Promise<string> => {
    const answer = await fetch(await presigner.urlOf(key, 60), { signal: soon() });
    const bytes = Buffer.from(await answer.arrayBuffer());
    if (!answer.ok || !bytes.equals(sample)) throw new Error(`the URL answers ${answer.status}`);
    return "a signed URL is answered";
  };
  const putOnce = async (): Promise<string> => {
    const condition = new PutObjectCommand({ ...at, Body: sample, IfNoneMatch: "*" });
    const refusal = await bucket.client.send(condition, { abortSignal: soon() }).then(
      () => undefined,
      (error: unknown) => s3FailureOf("PutObject", error),
    );
    if (refusal?.status !== 412) throw refusal ?? new Error("an object that was there was put once more");
    return "an object that is there is not replaced";
  };
  const deleteBatch = async (): Promise<string> => {
    const Objects = ["one", "two"].map((name) => ({ Key: `${bucket.prefix}${folder}${name}` }));
    const { Errors = [] } = await bucket.client.send(
      new DeleteObjectsCommand({ Bucket: bucket.name, Delete: { Objects, Quiet: true } }),
      { abortSignal: soon() },
    );
    if (Errors[0]) throw new Error(Errors[0].Message ?? Errors[0].Code ?? "refused");
    return "of two";
  };
  return [
    optional("presign", presign, "Leave redirects off, or correct publicEndpoint: only redirects need it."),
    optional("conditional put", putOnce, "Berth does not need it: no two objects have the same key."),
    optional("batch delete", deleteBatch, "Berth deletes one by one then, which takes longer."),
  ];
}

function optional(name: string, run: () => Promise<string>, advice: string): ProbeStep {
  const attempt = async (): Promise<string> => {
    try {
      return await run();
    } catch (error) {
      throw new Unneeded(error instanceof Error ? error.message : String(error), { cause: error });
    }
  };
  return { name, needs: ["put"], run: attempt, advise: () => advice };
}

function deletion({ bucket, listings, options, folder }: Probed): ProbeStep {
  const run = async (): Promise<string> => {
    await listings.delete(["object", "multipart", "growing"].map((name) => `${folder}${name}`));
    if (await bucket.head(`${folder}object`)) throw new Error("what was deleted is still there");
    return "all that these tries made";
  };
  return { name: "delete", needs: ["put"], run, advise: (error) => reasonOf(error, options) };
}

/** For what is asked without S3Bucket, which has a limit of its own. */
function soon(): AbortSignal {
  return AbortSignal.timeout(patience.answerMilliseconds);
}

const sample = Buffer.alloc(1024, "berth");

function contentOf(bytes: Buffer): Content {
  return { size: bytes.length, open: () => bytes };
}
