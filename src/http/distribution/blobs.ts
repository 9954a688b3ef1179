// end-2, end-10: blobs that are there.
import type { Context } from "koa";
import { OciError } from "../../oci/oci-error.ts";
import type { OpenBlob, Registry } from "../../registry/registry.ts";
import { parseRange } from "../byte-range.ts";
import { isCurrent, rangeIsFor } from "../conditions.ts";
import { digestIn, repositoryIn, type PathParameters } from "../parameters.ts";
import { describeCache } from "./cache-headers.ts";
import { blobHeaders } from "./content-headers.ts";
import { answerEmpty, type Handler, type HandlerParts } from "./handler.ts";
import { sendBody } from "./send-body.ts";

export function blobHandlers(parts: HandlerParts): Record<"head" | "get" | "delete", Handler> {
  const { registry } = parts;
  return {
    head: async (ctx, path) => {
      const digest = digestIn(path);
      const repository = repositoryIn(path);
      const beforePush = await parts.gate.mayPush(ctx, repository);
      const blob = await registry.blobs.stat(repository, digest, { beforePush });
      if (blob === undefined) throw new OciError("blobUnknown", { detail: { digest } });
      ctx.set(blobHeaders(digest));
      describeCache(ctx, blob.cache);
      if (isCurrent(ctx, digest)) return answerEmpty(ctx, 304);
      ctx.status = 200;
      ctx.length = blob.size;
    },
    get: async (ctx, path) => {
      if (!(parts.redirects(ctx) && (await redirect(registry, ctx, path)))) await getBlob(parts, ctx, path);
    },
    delete: async (ctx, path) => {
      await registry.blobs.delete(repositoryIn(path), digestIn(path));
      answerEmpty(ctx, 202);
    },
  };
}

/** end-2 lets a registry answer a GET with 307; only there do all clients follow. False when there is nowhere to go. */
async function redirect(registry: Registry, ctx: Context, path: PathParameters): Promise<boolean> {
  const digest = digestIn(path);
  if (isCurrent(ctx, digest)) return false;
  const url = await registry.blobs.redirectUrl(repositoryIn(path), digest);
  if (url === undefined) return false;
  answerEmpty(ctx, 307);
  ctx.set("docker-content-digest", digest);
  ctx.set("location", url);
  // The URL is the caller's alone, and ends.
  ctx.set("cache-control", "no-store");
  return true;
}

async function getBlob(
  { registry, offload }: HandlerParts,
  ctx: Context,
  path: PathParameters,
): Promise<void> {
  const digest = digestIn(path);
  const current = isCurrent(ctx, digest);
  // If-None-Match goes first: what the client has already needs no range, not even a possible one.
  const wanted = !current && rangeIsFor(ctx, digest) ? ctx.get("range") : "";
  const blob = await registry.blobs.open(repositoryIn(path), digest, (size) => parseRange(wanted, size));
  if (blob === undefined) throw new OciError("blobUnknown", { detail: { digest } });
  ctx.set(blobHeaders(digest));
  describeCache(ctx, blob.cache);
  if (current) {
    await blob.body.close();
    return answerEmpty(ctx, 304);
  }
  if (!(await offload(ctx, blob))) await send(ctx, blob);
}

/** Behind Koa's back: the store writes to the connection itself. */
async function send(ctx: Context, { body, size, range }: OpenBlob): Promise<void> {
  ctx.status = range ? 206 : 200;
  ctx.length = range ? range.end - range.start + 1 : size;
  if (range) ctx.set("content-range", `bytes ${range.start}-${range.end}/${size}`);
  ctx.respond = false;
  await sendBody(ctx.res, body);
}
