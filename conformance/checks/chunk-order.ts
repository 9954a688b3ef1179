// end-5, end-6, end-13: chunks out of order are refused with 416, and the session goes on from where it stood.
import { SetupFailed, Unsupported, type Check } from "../check.ts";
import { blob, type Content } from "../content.ts";
import { expectHeader, expectLocation, expectStatus } from "../expectations.ts";
import type { Answer } from "../http-client.ts";
import type { Repository } from "../repository.ts";
import { openChunkedUpload, patchChunk, putUpload, sendChunk, withQuery } from "../setup.ts";

const octets = { "content-type": "application/octet-stream" };

interface Upload {
  readonly session: string;
  /** Three chunks; only the first has been sent. */
  readonly whole: Content;
  readonly chunkBytes: number;
}

async function firstChunkSent(repository: Repository): Promise<Upload> {
  const { session, chunkBytes } = await openChunkedUpload(repository);
  const whole = blob(chunkBytes * 3);
  const next = await sendChunk(repository, session, whole.bytes.subarray(0, chunkBytes), 0);
  return { session: next, whole, chunkBytes };
}

function patchThird(repository: Repository, { session, whole, chunkBytes }: Upload): Promise<Answer> {
  return patchChunk(repository, session, whole.bytes.subarray(chunkBytes * 2), chunkBytes * 2);
}

function putThird(repository: Repository, { session, whole, chunkBytes }: Upload): Promise<Answer> {
  const headers = { ...octets, "content-range": `${chunkBytes * 2}-${chunkBytes * 3 - 1}` };
  const url = withQuery(session, `digest=${whole.digest}`);
  return repository.send("PUT", url, { headers, body: whole.bytes.subarray(chunkBytes * 2) });
}

/** For checks about what comes after the refusal. */
async function refused(request: Promise<Answer>): Promise<Answer> {
  const answer = await request;
  if (answer.status !== 416)
    throw new SetupFailed(`${answer.request}: not refused with 416 but ${answer.status}`);
  return answer;
}

/** What a client does after a 416: it asks where the session stands, sends the rest from there and closes. */
async function finish(repository: Repository, { session, whole, chunkBytes }: Upload): Promise<void> {
  const status = await repository.send("GET", session);
  expectStatus(status, 204);
  expectHeader(status, "range", `0-${chunkBytes - 1}`);
  const rest = await patchChunk(
    repository,
    expectLocation(status),
    whole.bytes.subarray(chunkBytes),
    chunkBytes,
  );
  expectStatus(rest, 202);
  expectStatus(await putUpload(repository, expectLocation(rest), whole.digest), 201);
}

export const chunkOrderChecks: readonly Check[] = [
  {
    id: "order-first-not-zero",
    ends: ["end-5"],
    level: "MUST",
    name: "a first chunk that does not begin at 0 answers 416",
    run: async (repository) => {
      const { session, chunkBytes } = await openChunkedUpload(repository);
      expectStatus(await patchChunk(repository, session, blob(chunkBytes).bytes, chunkBytes), 416);
    },
  },
  {
    id: "order-patch-gap",
    ends: ["end-5"],
    level: "MUST",
    name: "PATCH of a chunk that leaves a gap answers 416",
    run: async (repository) =>
      expectStatus(await patchThird(repository, await firstChunkSent(repository)), 416),
  },
  {
    id: "order-patch-repeated",
    ends: ["end-5"],
    level: "MUST",
    name: "PATCH of a chunk that has arrived already answers 416",
    run: async (repository) => {
      const { session, whole, chunkBytes } = await firstChunkSent(repository);
      expectStatus(await patchChunk(repository, session, whole.bytes.subarray(0, chunkBytes), 0), 416);
    },
  },
  {
    id: "order-patch-recovers",
    ends: ["end-5", "end-13"],
    level: "MUST",
    name: "after a PATCH out of order the session can be asked, continued and closed",
    run: async (repository) => {
      const upload = await firstChunkSent(repository);
      await refused(patchThird(repository, upload));
      await finish(repository, upload);
    },
  },
  {
    id: "order-put-gap",
    ends: ["end-6"],
    level: "MUST",
    name: "PUT of a last chunk that leaves a gap answers 416",
    run: async (repository) =>
      expectStatus(await putThird(repository, await firstChunkSent(repository)), 416),
  },
  {
    id: "order-put-recovers",
    ends: ["end-6", "end-13"],
    level: "MUST",
    name: "after a PUT out of order the session can be asked, continued and closed",
    run: async (repository) => {
      const upload = await firstChunkSent(repository);
      await refused(putThird(repository, upload));
      await finish(repository, upload);
    },
  },
  {
    id: "order-416-tells-range",
    ends: ["end-5"],
    level: "MAY",
    name: "the 416 itself tells in Location and Range where to go on",
    run: async (repository) => {
      const upload = await firstChunkSent(repository);
      const answer = await refused(patchThird(repository, upload));
      if (answer.header("location") === undefined && answer.header("range") === undefined) {
        throw new Unsupported("neither header");
      }
      expectLocation(answer);
      expectHeader(answer, "range", `0-${upload.chunkBytes - 1}`);
    },
  },
];
