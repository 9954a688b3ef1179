// A small S3 for tests that forgives nothing: signatures, checksums, part sizes and ETags are checked, parts are never
// joined, and Complete costs the same for all sizes. It keeps a record of what it was asked, to count calls and bytes.
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BucketContent, type MultipartUpload, type StoredS3Object } from "./bucket-content.ts";
import { answerOperation } from "./answer-operation.ts";
import type { S3Account } from "./signature-v4.ts";
import { S3Error } from "./s3-error.ts";
import type { Behaviour, Rules } from "./s3-exchange.ts";
import type { S3Operation } from "./s3-operation.ts";
import { writeAnswer, writeError } from "./write-answer.ts";

export interface StrictS3Options extends Partial<S3Account> {
  readonly bucket?: string;
  /** As Cloudflare R2: all parts but the last have one size, and the last is not larger. Default: no. */
  readonly equalParts?: boolean;
  /** Least size of all parts but the last. Default: 5 MiB. */
  readonly minPartBytes?: number;
  /** Whether `If-None-Match: *` on what writes is honoured (default), answered 501, or ignored. */
  readonly conditionalPut?: boolean | "ignored";
  /** Default: yes; else DeleteObjects is answered 501. */
  readonly batchDelete?: boolean;
  /** Default: yes; else checksum headers and trailers are answered 501, as by servers older than they are. */
  readonly flexibleChecksums?: boolean;
  /** The most that one page of a listing has. Default: 1000. */
  readonly maxListKeys?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

export interface S3Record {
  readonly operation: S3Operation | "unknown";
  readonly key: string;
  /** What came with the request, by lower-case name: range, storage class, encryption … */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Of bodies, in bytes, without framing. */
  bytesIn: number;
  bytesOut: number;
  /** 0 until there is an answer. */
  status: number;
  /** The code of a refusal. */
  code: string | undefined;
}

export interface StrictS3 extends S3Account {
  /** Addressed by path. */
  readonly endpoint: string;
  /** The same by virtual host; its name has to be looked up as 127.0.0.1. */
  readonly virtualHostEndpoint: string;
  readonly bucket: string;
  /** May be changed at any time. */
  readonly behaviour: Behaviour;
  /** In the order of arrival. */
  readonly requests: readonly Readonly<S3Record>[];
  /** How many requests there were of each operation. */
  counts(): Partial<Record<S3Record["operation"], number>>;
  /** By key. */
  objects(): readonly StoredS3Object[];
  multipartUploads(): readonly MultipartUpload[];
  /** Forgets the record. */
  forgetRequests(): void;
  /** Empties the bucket, and forgets the record and the behaviour. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

/** What answers, and what is noted about it: one for each server. */
export interface StrictS3Parts {
  readonly account: S3Account;
  readonly bucket: string;
  readonly rules: Rules;
  readonly behaviour: Behaviour;
  readonly content: BucketContent;
  readonly now: () => number;
  readonly newId: () => string;
  readonly newPath: () => string;
}

export async function startStrictS3(options: StrictS3Options = {}): Promise<StrictS3> {
  const directory = await mkdtemp(join(tmpdir(), "berth-s3-"));
  const parts = partsFrom(options, directory);
  const { content, behaviour, bucket, account } = parts;
  const requests: S3Record[] = [];
  const server = serve((request, response, onBegin) => {
    void exchange(parts, requests, { request, response, onBegin });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    ...account,
    bucket,
    behaviour,
    requests,
    endpoint: `http://127.0.0.1:${port}`,
    virtualHostEndpoint: `http://s3.localhost:${port}`,
    counts: () => countsOf(requests),
    objects: () => content.objects,
    multipartUploads: () => content.uploads,
    forgetRequests: () => void requests.splice(0),
    reset: async () => {
      await content.clear();
      requests.splice(0);
      Object.assign(behaviour, usualBehaviour());
    },
    close: async () => {
      await closeServer(server);
      await rm(directory, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

function partsFrom(options: StrictS3Options, directory: string): StrictS3Parts {
  let files = 0;
  let uploads = 0;
  return {
    account: {
      region: options.region ?? "eu-test-1",
      accessKeyId: options.accessKeyId ?? "AKIATESTACCESSKEY",
      secretAccessKey: options.secretAccessKey ?? "test/secret+access=key",
    },
    bucket: options.bucket ?? "berth-test",
    rules: {
      minPartBytes: options.minPartBytes ?? 5 * 1024 * 1024,
      equalParts: options.equalParts ?? false,
      conditionalPut: options.conditionalPut ?? true,
      batchDelete: options.batchDelete ?? true,
      flexibleChecksums: options.flexibleChecksums ?? true,
      maxListKeys: options.maxListKeys ?? 1000,
    },
    behaviour: usualBehaviour(),
    content: new BucketContent(),
    now: options.now ?? Date.now,
    // Ascending, since listings of one key are in the order of beginning.
    newId: () => `${String((uploads += 1)).padStart(9, "0")}.${randomUUID()}`,
    newPath: () => join(directory, `part-${(files += 1)}`),
  };
}

function usualBehaviour(): Behaviour {
  return { completeMs: 0, completeErrorsIn200: 0 };
}

interface Incoming {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly onBegin: () => void;
}

async function exchange(
  parts: StrictS3Parts,
  requests: S3Record[],
  { request, response, onBegin }: Incoming,
): Promise<void> {
  const noted: S3Record[] = [];
  const note = (entry: S3Record) => {
    requests.push(entry);
    noted.push(entry);
  };
  const requestId = randomUUID();
  try {
    const { answer, record } = await answerOperation(parts, request, { note, onBegin });
    record.status = answer.status;
    await writeAnswer(response, answer, { requestId, content: parts.content, record });
  } catch (error) {
    if (response.headersSent || response.destroyed) return void response.destroy();
    const refusal = error instanceof S3Error ? error : new S3Error(500, "InternalError", String(error));
    for (const record of noted) Object.assign(record, { status: refusal.status, code: refusal.code });
    writeError(request, response, { refusal, requestId });
  }
}

/** A server that says 100 Continue only when the body is wanted. */
function serve(
  answer: (request: IncomingMessage, response: ServerResponse, onBegin: () => void) => void,
): Server {
  const server = createServer((request, response) => answer(request, response, () => undefined));
  server.on("checkContinue", (request: IncomingMessage, response: ServerResponse) =>
    answer(request, response, () => response.writeContinue()),
  );
  // A connection that the server closes while it is idle would look like a fault to a test that injects others.
  server.keepAliveTimeout = 600_000;
  server.requestTimeout = 0;
  return server;
}

function countsOf(requests: readonly S3Record[]): Partial<Record<S3Record["operation"], number>> {
  const counts: Partial<Record<S3Record["operation"], number>> = {};
  for (const { operation } of requests) counts[operation] = (counts[operation] ?? 0) + 1;
  return counts;
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
