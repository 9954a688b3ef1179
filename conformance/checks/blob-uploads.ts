// end-4a and end-6: a blob in two requests, POST and then PUT with all its bytes.
import { Unsupported, type Check } from "../check.ts";
import { blob, emptyBlob, unknownDigest } from "../content.ts";
import {
  expectBytes,
  expectCode,
  expectHeader,
  expectLocation,
  expectNoOtherDigest,
  expectStatus,
  failed,
} from "../expectations.ts";
import { openUpload, pushBlob, putUpload, withQuery } from "../setup.ts";

const uuid = /[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}/i;

export const blobUploadChecks: readonly Check[] = [
  {
    id: "upload-post",
    ends: ["end-4a"],
    level: "MUST",
    name: "POST to …/blobs/uploads/ answers 202",
    run: async (repository) => expectStatus(await repository.send("POST", repository.uploadsPath), 202),
  },
  {
    id: "upload-post-location",
    ends: ["end-4a"],
    level: "MUST",
    name: "the 202 has a Location with the session's unique id (a UUID) in it",
    run: async (repository) => {
      const first = await repository.send("POST", repository.uploadsPath);
      const second = await repository.send("POST", repository.uploadsPath);
      const locations = [first, second].map((answer) => expectHeader(answer, "location", uuid));
      if (locations[0] === locations[1]) throw failed(second, "two sessions have the same Location");
    },
  },
  {
    id: "upload-post-slashless",
    ends: ["end-4a"],
    level: "MAY",
    name: "POST to …/blobs/uploads without the slash opens a session as well",
    run: async (repository) => {
      const answer = await repository.send("POST", repository.uploadsPath.slice(0, -1));
      if (answer.status !== 202 && answer.status < 500) throw new Unsupported(String(answer.status));
      expectStatus(answer, 202);
      expectLocation(answer);
    },
  },
  {
    id: "upload-put",
    ends: ["end-6"],
    level: "MUST",
    name: "PUT of all bytes to the Location with ?digest= answers 201",
    run: async (repository) => {
      const { digest, bytes } = blob(70_000);
      expectStatus(await putUpload(repository, await openUpload(repository), digest, bytes), 201);
    },
  },
  {
    id: "upload-put-location",
    ends: ["end-6"],
    level: "MUST",
    name: "the 201 has a Location from which the blob can be pulled",
    run: async (repository) => {
      const { digest, bytes } = blob();
      const answer = await putUpload(repository, await openUpload(repository), digest, bytes);
      const pulled = await repository.send("GET", expectLocation(answer));
      expectStatus(pulled, 200);
      expectBytes(pulled, bytes);
    },
  },
  {
    id: "upload-put-digest",
    ends: ["end-6"],
    level: "MUST",
    name: "Docker-Content-Digest on the 201, where present, is the blob's digest",
    run: async (repository) => {
      const { digest, bytes } = blob();
      const answer = await putUpload(repository, await openUpload(repository), digest, bytes);
      if (answer.header("docker-content-digest") === undefined) throw new Unsupported("no such header");
      expectNoOtherDigest(answer, digest);
    },
  },
  {
    id: "upload-put-empty",
    ends: ["end-6"],
    level: "MUST",
    name: "PUT of the empty blob (0 bytes) answers 201",
    run: async (repository) => {
      const { digest, bytes } = emptyBlob();
      expectStatus(await putUpload(repository, await openUpload(repository), digest, bytes), 201);
    },
  },
  {
    id: "upload-put-streamed",
    ends: ["end-6"],
    level: "SHOULD",
    name: "PUT of all bytes with chunked transfer encoding answers 201",
    run: async (repository) => {
      const { digest, bytes } = blob(9000);
      const url = withQuery(await openUpload(repository), `digest=${digest}`);
      const body = [bytes.subarray(0, 4000), bytes.subarray(4000)];
      const headers = { "content-type": "application/octet-stream" };
      expectStatus(await repository.send("PUT", url, { headers, body }), 201);
    },
  },
  {
    id: "upload-put-again",
    ends: ["end-6"],
    level: "MUST",
    name: "pushing a blob that is there already answers 201 again",
    run: async (repository) => {
      const { digest, bytes } = await pushBlob(repository, blob());
      expectStatus(await putUpload(repository, await openUpload(repository), digest, bytes), 201);
    },
  },
  {
    id: "upload-put-mismatch",
    ends: ["end-6"],
    level: "MUST",
    name: "PUT of bytes that do not have the digest answers 400",
    run: async (repository) => {
      expectStatus(
        await putUpload(repository, await openUpload(repository), unknownDigest(), blob().bytes),
        400,
      );
    },
  },
  {
    id: "upload-put-mismatch-code",
    ends: ["end-6"],
    level: "SHOULD",
    name: "that 400 bears the code DIGEST_INVALID",
    run: async (repository) => {
      const answer = await putUpload(repository, await openUpload(repository), unknownDigest(), blob().bytes);
      expectCode(answer, "DIGEST_INVALID");
    },
  },
  {
    id: "upload-put-mismatch-absent",
    ends: ["end-6", "end-2"],
    level: "MUST",
    name: "after a mismatch neither the wanted nor the sent digest is there",
    run: async (repository) => {
      const sent = blob();
      const wanted = unknownDigest();
      await putUpload(repository, await openUpload(repository), wanted, sent.bytes);
      for (const digest of [wanted, sent.digest]) expectStatus(await repository.getBlob(digest), 404);
    },
  },
  {
    id: "upload-put-malformed-digest",
    ends: ["end-6"],
    level: "MUST",
    name: "PUT with a malformed digest answers 400",
    run: async (repository) => {
      expectStatus(
        await putUpload(repository, await openUpload(repository), "sha256:nonsense", blob().bytes),
        400,
      );
    },
  },
  {
    id: "upload-put-without-digest",
    ends: ["end-6"],
    level: "SHOULD",
    name: "PUT without ?digest= answers 400",
    run: async (repository) => {
      const answer = await repository.send("PUT", await openUpload(repository), { body: blob().bytes });
      expectStatus(answer, 400);
    },
  },
];
