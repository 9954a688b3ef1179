// How clients that are not installed here send one blob: their requests, in their order, with their headers. Of its
// own, so that each sequence can be read beside the others. Every function gives the blob's digest.
import { Readable } from "node:stream";
import {
  type Answer,
  expectStatus,
  locationOf,
  type RegistryHttp,
  sha256,
  withQuery,
} from "./registry-http.ts";

export type UploadSequence = (http: RegistryHttp, repository: string, content: Buffer) => Promise<string>;

const octets = "application/octet-stream";

/** All but docker ask first whether the blob is there. */
async function isThere(http: RegistryHttp, repository: string, digest: string): Promise<boolean> {
  const head = await http.send("HEAD", `/v2/${repository}/blobs/${digest}`);
  if (head.status !== 200) expectStatus(head, 404, `HEAD of ${digest}`);
  return head.status === 200;
}

async function commit(http: RegistryHttp, location: string, digest: string): Promise<void> {
  const put = await http.send("PUT", withQuery(location, { digest }), {
    headers: { "content-type": octets, "content-length": 0 },
  });
  expectStatus(put, 201, `PUT of ${digest}`);
}

/** crane, ko, kaniko (go-containerregistry): POST, PATCH of unknown length without Content-Range, PUT. */
export const uploadLikeCrane: UploadSequence = async (http, repository, content) => {
  const digest = sha256(content);
  if (await isThere(http, repository, digest)) return digest;
  const post = await http.send("POST", `/v2/${repository}/blobs/uploads/`, {
    headers: { "content-type": "application/json", "content-length": 0 },
  });
  expectStatus(post, 202, "crane's POST");
  const patch = await http.send("PATCH", locationOf(post), {
    headers: { "content-type": octets },
    body: Readable.from([content]),
  });
  if (![201, 202, 204].includes(patch.status)) expectStatus(patch, 202, "crane's PATCH");
  await commit(http, locationOf(patch), digest);
  return digest;
};

/** oras, Helm, notation, flux (oras-go 2): HEAD, POST, PUT with the whole body and its length. */
export const uploadLikeOras: UploadSequence = async (http, repository, content) => {
  const digest = sha256(content);
  if (await isThere(http, repository, digest)) return digest;
  return http.pushBlob(repository, content);
};

/** buildx and nerdctl (containerd's pusher): HEAD, slashed POST, PUT whose body comes through a pipe. */
export const uploadLikeBuildkit: UploadSequence = async (http, repository, content) => {
  const digest = sha256(content);
  if (await isThere(http, repository, digest)) return digest;
  const location = await http.startUpload(repository);
  const put = await http.send("PUT", withQuery(location, { digest }), {
    headers: { "content-type": octets },
    body: Readable.from([content.subarray(0, 10), content.subarray(10)]),
  });
  expectStatus(put, 201, "buildkit's PUT");
  return digest;
};

/** regctl (regclient): POST, PATCHes with Content-Range, PUT without a body. */
export const uploadLikeRegctl: UploadSequence = async (http, repository, content) => {
  const digest = sha256(content);
  const post = await http.send("POST", `/v2/${repository}/blobs/uploads/`, {
    headers: { "content-type": octets, "content-length": 0 },
  });
  expectStatus(post, 202, "regctl's POST");
  let answer: Answer = post;
  const size = Math.max(1, Math.ceil(content.length / 3));
  for (let at = 0; at < content.length; at += size) {
    const chunk = content.subarray(at, at + size);
    const last = at + chunk.length - 1;
    answer = await http.send("PATCH", locationOf(answer), {
      headers: { "content-type": octets, "content-range": `${at}-${last}`, "content-length": chunk.length },
      body: chunk,
    });
    expectStatus(answer, 202, "regctl's PATCH");
    if (answer.headers.range !== `0-${last}`)
      throw new Error(`Range ${answer.headers.range} after byte ${last}`);
  }
  await commit(http, locationOf(answer), digest);
  return digest;
};

/** docker: no HEAD at first, POST, PATCH with chunked transfer encoding, PUT, and a HEAD to be sure. */
export const uploadLikeDocker: UploadSequence = async (http, repository, content) => {
  const digest = sha256(content);
  const location = await http.startUpload(repository);
  const patch = await http.send("PATCH", location, { body: Readable.from([content]) });
  expectStatus(patch, 202, "docker's PATCH");
  await commit(http, locationOf(patch), digest);
  if (!(await isThere(http, repository, digest))) throw new Error(`${digest} is not there after its upload`);
  return digest;
};

/** The single request of the specification: POST with the digest and the whole body. */
export const uploadInOnePost: UploadSequence = async (http, repository, content) => {
  const digest = sha256(content);
  const post = await http.send("POST", `/v2/${repository}/blobs/uploads/?digest=${digest}`, {
    headers: { "content-type": octets, "content-length": content.length },
    body: content,
  });
  expectStatus(post, 201, "single POST");
  return digest;
};
