// end-13 and end-14: asking an upload session where it stands, and cancelling it.
import { Unsupported, type Check } from "../check.ts";
import { blob } from "../content.ts";
import { expectBytes, expectCode, expectHeader, expectLocation, expectStatus } from "../expectations.ts";
import type { Repository } from "../repository.ts";
import { closeUpload, openChunkedUpload, openUpload, patchChunk, putUpload, sendChunk } from "../setup.ts";

async function cancelled(repository: Repository): Promise<string> {
  const session = await openUpload(repository);
  const answer = await repository.send("DELETE", session);
  if ([400, 404, 405].includes(answer.status)) throw new Unsupported(`DELETE answers ${answer.status}`);
  return session;
}

/** A session in which one chunk of `chunkBytes` lies. */
async function started(repository: Repository): Promise<{ session: string; chunkBytes: number }> {
  const { session, chunkBytes } = await openChunkedUpload(repository);
  return { session: await sendChunk(repository, session, blob(chunkBytes).bytes, 0), chunkBytes };
}

export const uploadSessionChecks: readonly Check[] = [
  {
    id: "session-status",
    ends: ["end-13"],
    level: "MUST",
    name: "GET of an upload session answers 204",
    run: async (repository) => {
      expectStatus(await repository.send("GET", (await started(repository)).session), 204);
    },
  },
  {
    id: "session-status-range",
    ends: ["end-13"],
    level: "MUST",
    name: "the 204 tells in Range what has arrived: 0-<last byte>",
    run: async (repository) => {
      const { session, chunkBytes } = await started(repository);
      expectHeader(await repository.send("GET", session), "range", `0-${chunkBytes - 1}`);
    },
  },
  {
    id: "session-status-location",
    ends: ["end-13"],
    level: "MUST",
    name: "the 204 has a Location at which the upload can go on",
    run: async (repository) => {
      const { session, chunkBytes } = await started(repository);
      const location = expectLocation(await repository.send("GET", session));
      expectStatus(await patchChunk(repository, location, blob(chunkBytes).bytes, chunkBytes), 202);
    },
  },
  {
    id: "session-status-fresh",
    ends: ["end-13"],
    level: "MUST",
    name: "GET of a session without any bytes answers 204 with a Range that begins at 0",
    run: async (repository) => {
      const answer = await repository.send("GET", await openUpload(repository));
      expectStatus(answer, 204);
      expectHeader(answer, "range", /^0-(?:0|-1)$/);
    },
  },
  {
    id: "session-closed",
    ends: ["end-13", "end-6"],
    level: "SHOULD",
    name: "a session that has been closed answers 404, code BLOB_UPLOAD_UNKNOWN",
    run: async (repository) => {
      const { digest, bytes } = blob();
      const session = await openUpload(repository);
      await closeUpload(repository, session, digest, bytes);
      const answer = await repository.send("GET", session);
      expectStatus(answer, 404);
      expectCode(answer, "BLOB_UPLOAD_UNKNOWN");
    },
  },
  {
    id: "session-side-by-side",
    ends: ["end-5", "end-6"],
    level: "MUST",
    name: "two sessions of one repository do not mix their bytes",
    run: async (repository) => {
      const [one, two] = [blob(2048), blob(2048)];
      const [first, second] = [await openUpload(repository), await openUpload(repository)];
      const firstNext = await sendChunk(repository, first, one.bytes, 0);
      const secondNext = await sendChunk(repository, second, two.bytes, 0);
      expectStatus(await putUpload(repository, firstNext, one.digest), 201);
      expectStatus(await putUpload(repository, secondNext, two.digest), 201);
      expectBytes(await repository.getBlob(two.digest), two.bytes);
    },
  },
  {
    id: "cancel",
    ends: ["end-14"],
    level: "MUST",
    name: "DELETE of an upload session answers 204",
    run: async (repository) => {
      const answer = await repository.send("DELETE", await openUpload(repository));
      if ([400, 404, 405].includes(answer.status)) throw new Unsupported(String(answer.status));
      expectStatus(answer, 204);
    },
  },
  {
    id: "cancel-gone",
    ends: ["end-14", "end-13"],
    level: "MUST",
    name: "a cancelled session answers 404 from then on",
    run: async (repository) => {
      const session = await cancelled(repository);
      expectStatus(await repository.send("GET", session), 404);
      expectStatus(await patchChunk(repository, session, blob(1024).bytes, 0), 404);
    },
  },
  {
    id: "cancel-gone-code",
    ends: ["end-14", "end-13"],
    level: "SHOULD",
    name: "that 404 bears the code BLOB_UPLOAD_UNKNOWN",
    run: async (repository) => {
      expectCode(await repository.send("GET", await cancelled(repository)), "BLOB_UPLOAD_UNKNOWN");
    },
  },
];
