// end-4, end-5, end-6, end-11, end-13, end-14: upload sessions, and the mount that makes one needless.
import type { Context } from "koa";
import type { Digest } from "../../../storage/digest.ts";
import { OciError } from "../../oci/oci-error.ts";
import type { RepositoryName } from "../../oci/repository-name.ts";
import type { Chunk, UploadStatus } from "../../registry/registry.ts";
import { parseContentRange, uploadRange } from "../byte-range.ts";
import { algorithmIn, queryValue, repositoryIn, toDigest, type PathParameters } from "../parameters.ts";
import { announcedBytes, bodyStream, hasBody } from "../request-body.ts";
import { confirmPush } from "./confirm-push.ts";
import { answerEmpty, type Handler, type HandlerParts } from "./handler.ts";

export function uploadHandlers(
  parts: HandlerParts,
): Record<"post" | "get" | "patch" | "put" | "delete", Handler> {
  const { uploads } = parts.registry;
  return {
    post: (ctx, path) => startUpload(parts, ctx, repositoryIn(path)),
    get: async (ctx, path) => {
      const { repository, id } = sessionIn(path);
      const status = await uploads.find(repository, id);
      if (status === undefined) throw new OciError("uploadUnknown", { detail: { upload: id } });
      answerStatus(parts, ctx, 204, repository, status);
    },
    patch: async (ctx, path) => {
      const { repository, id } = sessionIn(path);
      const status = await positioned(parts, repository, id, () =>
        uploads.append(repository, id, chunkOf(ctx)),
      );
      answerStatus(parts, ctx, 202, repository, status);
    },
    put: async (ctx, path) => {
      const { repository, id } = sessionIn(path);
      const digest = wantedDigest(ctx);
      const chunk = hasBody(ctx.req) || ctx.get("content-range") !== "" ? chunkOf(ctx) : undefined;
      await positioned(parts, repository, id, () => uploads.complete(repository, id, digest, chunk));
      answerCreated(parts, ctx, repository, digest);
    },
    delete: async (ctx, path) => {
      const { repository, id } = sessionIn(path);
      await uploads.cancel(repository, id);
      answerEmpty(ctx, 204);
    },
  };
}

async function startUpload(parts: HandlerParts, ctx: Context, repository: RepositoryName): Promise<void> {
  const mount = queryValue(ctx, "mount");
  if (mount !== undefined) {
    const digest = toDigest(mount);
    if (await mounted(parts, ctx, repository, digest)) {
      return answerCreated(parts, ctx, repository, digest);
    }
  }
  const whole = queryValue(ctx, "digest");
  if (whole !== undefined) return uploadWhole(parts, ctx, repository, toDigest(whole));
  const status = await parts.registry.uploads.start(repository, algorithmIn(ctx), parts.gate.ownerOf(ctx));
  answerStatus(parts, ctx, 202, repository, status);
}

/** end-11. What can't be mounted is no error for a caller who may push here: the answer is an ordinary upload (REQ-18). */
async function mounted(
  parts: HandlerParts,
  ctx: Context,
  repository: RepositoryName,
  digest: Digest,
): Promise<boolean> {
  const from = queryValue(ctx, "from");
  const source = from === undefined ? undefined : await parts.namespace.sourceOf(from);
  if (from !== undefined && (source === undefined || !(await parts.gate.mayPull(ctx, source)))) return false;
  return parts.registry.blobs.mount(repository, digest, source, await parts.gate.mountableFor(ctx));
}

/** end-4b: POST with the digest and the whole blob. */
async function uploadWhole(
  parts: HandlerParts,
  ctx: Context,
  repository: RepositoryName,
  digest: Digest,
): Promise<void> {
  const chunk = hasBody(ctx.req) ? chunkOf(ctx) : undefined;
  const confirm = () => confirmPush(parts.gate, ctx, repository);
  await parts.registry.uploads.push(repository, digest, { chunk, confirm });
  answerCreated(parts, ctx, repository, digest);
}

function sessionIn(path: PathParameters): { repository: RepositoryName; id: string } {
  return { repository: repositoryIn(path), id: path["id"] ?? "" };
}

/** end-6: the digest is checked before anything is taken, so that a forgotten one can be sent again. */
function wantedDigest(ctx: Context): Digest {
  const text = queryValue(ctx, "digest");
  if (text === undefined) throw new OciError("digestMissing");
  return toDigest(text);
}

function chunkOf(ctx: Context): Chunk {
  const expectedBytes = announcedBytes(ctx.req);
  return { ...parseContentRange(ctx.get("content-range")), expectedBytes, source: () => bodyStream(ctx) };
}

function sessionPath(repository: RepositoryName, id: string): string {
  return `/v2/${repository}/blobs/uploads/${id}`;
}

function answerStatus(
  { locate }: HandlerParts,
  ctx: Context,
  status: number,
  repository: RepositoryName,
  upload: UploadStatus,
): void {
  answerEmpty(ctx, status);
  ctx.set("location", locate(sessionPath(repository, upload.id)));
  ctx.set("range", uploadRange(upload.offset));
  ctx.set("docker-upload-uuid", upload.id);
}

function answerCreated(
  { locate }: HandlerParts,
  ctx: Context,
  repository: RepositoryName,
  digest: Digest,
): void {
  answerEmpty(ctx, 201);
  ctx.set("location", locate(`/v2/${repository}/blobs/${digest}`));
  ctx.set("docker-content-digest", digest);
}

/** A 416 tells where to go on: Location and the Range of what is durable (end-5, REQ-11). */
async function positioned<T>(
  { locate }: HandlerParts,
  repository: RepositoryName,
  id: string,
  act: () => Promise<T>,
): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof OciError) || error.status !== 416) throw error;
    const { offset } = error.detail as { offset: number };
    const headers = {
      location: locate(sessionPath(repository, id)),
      range: uploadRange(offset),
      "docker-upload-uuid": id,
    };
    throw new OciError(error.kind, { detail: error.detail, headers, cause: error });
  }
}
