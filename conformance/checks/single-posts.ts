// end-4b and end-4c: parameters that say at the POST already what will come. Registries may do without both.
import { Unsupported, type Check } from "../check.ts";
import { blob, unknownDigest, type Content } from "../content.ts";
import { expectBytes, expectLocation, expectStatus } from "../expectations.ts";
import type { Answer } from "../http-client.ts";
import type { Repository } from "../repository.ts";
import { locationOf, openUpload, putUpload } from "../setup.ts";

function postWhole(repository: Repository, digest: string, body: Buffer): Promise<Answer> {
  const headers = { "content-type": "application/octet-stream" };
  return repository.send("POST", `${repository.uploadsPath}?digest=${digest}`, { headers, body });
}

/** 202 is the permitted answer of a registry that wants a PUT after all; then the PUT has to work. */
async function postOrUnsupported(repository: Repository, { digest, bytes }: Content): Promise<Answer> {
  const answer = await postWhole(repository, digest, bytes);
  if (answer.status !== 202) return answer;
  expectStatus(await putUpload(repository, expectLocation(answer), digest, bytes), 201);
  throw new Unsupported("202: wants a PUT, which works");
}

export const singlePostChecks: readonly Check[] = [
  {
    id: "single-post",
    ends: ["end-4b"],
    level: "MUST",
    name: "POST with ?digest= and all bytes answers 201, or 202 with a Location for the PUT",
    run: async (repository) => expectStatus(await postOrUnsupported(repository, blob()), 201),
  },
  {
    id: "single-post-location",
    ends: ["end-4b"],
    level: "MUST",
    name: "the 201 to a single POST has a Location from which the blob can be pulled",
    run: async (repository) => {
      const sent = blob();
      const answer = await postOrUnsupported(repository, sent);
      const pulled = await repository.send("GET", expectLocation(answer));
      expectStatus(pulled, 200);
      expectBytes(pulled, sent.bytes);
    },
  },
  {
    id: "single-post-mismatch",
    ends: ["end-4b"],
    level: "MUST",
    name: "a single POST of bytes that do not have the digest answers 400",
    run: async (repository) => {
      const answer = await postWhole(repository, unknownDigest(), blob().bytes);
      if (answer.status === 202) throw new Unsupported("202");
      expectStatus(answer, 400);
    },
  },
  {
    id: "digest-algorithm",
    ends: ["end-4c", "end-6"],
    level: "MUST",
    name: "POST with ?digest-algorithm=sha512 opens a session that takes a sha512 digest",
    run: async (repository) => {
      const { digest, bytes } = blob(3000, "sha512");
      const answer = await putUpload(
        repository,
        await openUpload(repository, "?digest-algorithm=sha512"),
        digest,
        bytes,
      );
      if (answer.status === 400) throw new Unsupported("400 for a sha512 digest");
      expectStatus(answer, 201);
    },
  },
  {
    id: "digest-algorithm-unknown",
    ends: ["end-4c"],
    level: "MAY",
    name: "POST with an algorithm that nobody has registered is refused with 400",
    run: async (repository) => {
      const answer = await repository.send("POST", `${repository.uploadsPath}?digest-algorithm=md0`);
      if (answer.status === 202) throw new Unsupported("202");
      expectStatus(answer, 400);
    },
  },
  {
    id: "digest-algorithm-mismatch",
    ends: ["end-4c", "end-6"],
    level: "SHOULD",
    name: "a session opened for sha512 still takes a sha256 digest, or refuses it with 400",
    run: async (repository) => {
      const { digest, bytes } = blob();
      const answer = await repository.send("POST", `${repository.uploadsPath}?digest-algorithm=sha512`);
      expectStatus(await putUpload(repository, locationOf(answer), digest, bytes), 201, 400);
    },
  },
];
