// What checks build upon. Lenient on purpose: a step counts as done when it worked, so that a fault shows up in the one
// check that is about it and the others still say something. A step that did not work ends its check as skipped.
import { SetupFailed } from "./check.ts";
import type { Content } from "./content.ts";
import { rootOf, type DataSet } from "./data-sets.ts";
import { statusText } from "./expectations.ts";
import type { Answer } from "./http-client.ts";
import type { Repository } from "./repository.ts";

const octets = { "content-type": "application/octet-stream" };

async function done(request: Promise<Answer>): Promise<Answer> {
  const answer = await request.catch((error: unknown) => {
    throw new SetupFailed(error instanceof Error ? error.message : String(error));
  });
  if (answer.status < 200 || answer.status > 299)
    throw new SetupFailed(`${answer.request}: ${statusText(answer)}`);
  return answer;
}

export function withQuery(url: string, query: string): string {
  return `${url}${url.includes("?") ? "&" : "?"}${query}`;
}

export function locationOf(answer: Answer): string {
  const location = answer.header("location");
  if (location === undefined) throw new SetupFailed(`${answer.request}: no Location`);
  return new URL(location, answer.url).href;
}

/** Opens an upload session and gives its absolute URL. */
export async function openUpload(repository: Repository, query = ""): Promise<string> {
  return locationOf(await done(repository.send("POST", `${repository.uploadsPath}${query}`)));
}

/** An upload session's chunk as a request: PATCH with Content-Range, `start` being the chunk's first byte. */
export function patchChunk(
  repository: Repository,
  session: string,
  chunk: Buffer,
  start: number,
): Promise<Answer> {
  const range = `${start}-${start + chunk.length - 1}`;
  return repository.send("PATCH", session, { headers: { ...octets, "content-range": range }, body: chunk });
}

/** Sends one chunk and gives the URL for the next step. */
export async function sendChunk(
  repository: Repository,
  session: string,
  chunk: Buffer,
  start: number,
): Promise<string> {
  const answer = await done(patchChunk(repository, session, chunk, start));
  const location = answer.header("location");
  return location === undefined ? session : new URL(location, answer.url).href;
}

/** The closing PUT as a request, with or without bytes. */
export function putUpload(
  repository: Repository,
  session: string,
  digest: string,
  body?: Buffer,
): Promise<Answer> {
  const url = withQuery(session, `digest=${digest}`);
  return repository.send("PUT", url, { headers: octets, ...(body === undefined ? {} : { body }) });
}

export async function closeUpload(
  repository: Repository,
  session: string,
  digest: string,
  body?: Buffer,
): Promise<void> {
  await done(putUpload(repository, session, digest, body));
}

export async function pushBlob(repository: Repository, content: Content): Promise<Content> {
  await closeUpload(repository, await openUpload(repository), content.digest, content.bytes);
  return content;
}

export async function pushManifest(
  repository: Repository,
  content: Content,
  reference = content.digest,
): Promise<Content> {
  await done(repository.putManifest(reference, content.bytes, { "content-type": content.mediaType }));
  return content;
}

export async function pushBlobs(repository: Repository, { blobs }: DataSet): Promise<void> {
  for (const content of blobs) await pushBlob(repository, content);
}

/** Pushes the whole set, its root under each of the tags (by digest when there are none), and gives the root. */
export async function pushSet(
  repository: Repository,
  set: DataSet,
  ...tags: readonly string[]
): Promise<Content> {
  await pushBlobs(repository, set);
  const root = rootOf(set);
  for (const manifest of set.manifests) {
    if (manifest !== root) await pushManifest(repository, manifest);
  }
  for (const reference of tags.length > 0 ? tags : [root.digest])
    await pushManifest(repository, root, reference);
  return root;
}

/** A file's two parts, for chunked uploads: at least as long as the registry asks for in OCI-Chunk-Min-Length. */
export interface ChunkedUpload {
  readonly session: string;
  readonly chunkBytes: number;
}

export async function openChunkedUpload(repository: Repository): Promise<ChunkedUpload> {
  const answer = await done(repository.send("POST", repository.uploadsPath));
  const least = Number(answer.header("oci-chunk-min-length") ?? 0);
  return { session: locationOf(answer), chunkBytes: Math.max(1024, Number.isFinite(least) ? least : 0) };
}
