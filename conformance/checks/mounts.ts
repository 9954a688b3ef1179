// end-11: a blob of another repository without its bytes. Where that is not possible, the answer is an ordinary upload.
import { Unsupported, type Check } from "../check.ts";
import { blob, unknownDigest } from "../content.ts";
import { expectBytes, expectLocation, expectStatus } from "../expectations.ts";
import type { Answer } from "../http-client.ts";
import type { Repository } from "../repository.ts";
import { pushBlob, putUpload } from "../setup.ts";

function mount(repository: Repository, digest: string, from?: string): Promise<Answer> {
  const query = `?mount=${digest}${from === undefined ? "" : `&from=${encodeURIComponent(from)}`}`;
  return repository.send("POST", `${repository.uploadsPath}${query}`);
}

/** 202 is what a registry that does not mount answers. */
function mountedOrUnsupported(answer: Answer): Answer {
  if (answer.status === 202) throw new Unsupported("202: wants the blob uploaded");
  return answer;
}

export const mountChecks: readonly Check[] = [
  {
    id: "mount",
    ends: ["end-11"],
    level: "MUST",
    name: "POST with ?mount=&from= of a blob that is there answers 201",
    run: async (repository) => {
      const source = repository.sibling("source");
      const { digest } = await pushBlob(source, blob());
      expectStatus(mountedOrUnsupported(await mount(repository, digest, source.name)), 201);
    },
  },
  {
    id: "mount-location",
    ends: ["end-11"],
    level: "MUST",
    name: "the 201 to a mount has a Location from which the blob can be pulled",
    run: async (repository) => {
      const source = repository.sibling("source");
      const { digest, bytes } = await pushBlob(source, blob());
      const answer = mountedOrUnsupported(await mount(repository, digest, source.name));
      const pulled = await repository.send("GET", expectLocation(answer));
      expectStatus(pulled, 200);
      expectBytes(pulled, bytes);
    },
  },
  {
    id: "mount-visible",
    ends: ["end-11", "end-2"],
    level: "MUST",
    name: "a mounted blob can be pulled from the repository that it was mounted to",
    run: async (repository) => {
      const source = repository.sibling("source");
      const { digest, bytes } = await pushBlob(source, blob());
      mountedOrUnsupported(await mount(repository, digest, source.name));
      expectBytes(await repository.getBlob(digest), bytes);
    },
  },
  {
    id: "mount-anonymous",
    ends: ["end-11"],
    level: "MAY",
    name: "POST with ?mount= and no from finds the blob in any repository",
    run: async (repository) => {
      const { digest } = await pushBlob(repository.sibling("source"), blob());
      expectStatus(mountedOrUnsupported(await mount(repository, digest)), 201);
    },
  },
  {
    id: "mount-unknown-blob",
    ends: ["end-11"],
    level: "SHOULD",
    name: "a mount of a blob that the source does not have answers 202",
    run: async (repository) => {
      const source = repository.sibling("source");
      await pushBlob(source, blob());
      expectStatus(await mount(repository, unknownDigest(), source.name), 202);
    },
  },
  {
    id: "mount-unknown-repository",
    ends: ["end-11"],
    level: "SHOULD",
    name: "a mount from a repository that does not exist answers 202",
    run: async (repository) => {
      expectStatus(await mount(repository, unknownDigest(), repository.sibling("nowhere").name), 202);
    },
  },
  {
    id: "mount-unknown-anonymous",
    ends: ["end-11"],
    level: "SHOULD",
    name: "a mount without from of a blob that nobody has answers 202",
    run: async (repository) => expectStatus(await mount(repository, unknownDigest()), 202),
  },
  {
    id: "mount-fallback",
    ends: ["end-11", "end-6"],
    level: "MUST",
    name: "the Location of that 202 takes the blob by PUT",
    run: async (repository) => {
      const { digest, bytes } = blob();
      const answer = await mount(repository, digest, repository.sibling("nowhere").name);
      if (answer.status !== 202) throw new Unsupported(`${answer.status} instead of 202`);
      expectStatus(await putUpload(repository, expectLocation(answer), digest, bytes), 201);
    },
  },
];
