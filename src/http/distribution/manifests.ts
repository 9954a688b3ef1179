// end-3, end-7, end-9: manifests by tag and by digest.
import type { Context } from "koa";
import { principalName } from "../../../auth/principal.ts";
import { OciError } from "../../oci/oci-error.ts";
import type { Reference } from "../../oci/reference.ts";
import { demandedDigests, entityTag, isCurrent, preconditionOf } from "../conditions.ts";
import { newReferenceIn, referenceIn, repositoryIn, tagsIn, type PathParameters } from "../parameters.ts";
import { announcedBytes, bodyBytes } from "../request-body.ts";
import { describeCache } from "./cache-headers.ts";
import { confirmPush } from "./confirm-push.ts";
import { manifestHeaders } from "./content-headers.ts";
import { answerEmpty, type Handler, type HandlerParts } from "./handler.ts";

export function manifestHandlers(parts: HandlerParts): Record<"get" | "put" | "delete", Handler> {
  return {
    get: (ctx, path) => getManifest(parts, ctx, path),
    put: (ctx, path) => putManifest(parts, ctx, path),
    delete: async (ctx, path) => {
      const [repository, reference] = [repositoryIn(path), referenceIn(path)];
      const by = callerName(parts, ctx);
      await parts.registry.manifests.delete(repository, reference, demandedDigests(ctx), by);
      answerEmpty(ctx, 202);
    },
  };
}

/** GET and HEAD. The stored bytes under their stored type, whatever Accept says: converting would change the digest (REQ-27). */
async function getManifest(
  { registry, gate }: HandlerParts,
  ctx: Context,
  path: PathParameters,
): Promise<void> {
  const [repository, reference] = [repositoryIn(path), referenceIn(path)];
  // Clients that push an index look so for the manifests that it lists; who reads them pulls.
  const beforePush = ctx.method === "HEAD" && (await gate.mayPush(ctx, repository));
  const manifest = await registry.manifests.find(repository, reference, { beforePush });
  if (manifest === undefined) throw new OciError("manifestUnknown", { detail: describe(reference) });
  ctx.set(manifestHeaders(manifest.digest, reference.kind));
  describeCache(ctx, manifest.cache);
  if (isCurrent(ctx, manifest.digest)) return answerEmpty(ctx, 304);
  ctx.set("content-type", manifest.mediaType);
  ctx.body = manifest.bytes;
}

async function putManifest(parts: HandlerParts, ctx: Context, path: PathParameters): Promise<void> {
  const repository = repositoryIn(path);
  const reference = newReferenceIn(path);
  const tags = tagsIn(ctx);
  const precondition = preconditionOf(ctx);
  await parts.registry.manifests.announce(repository, announcedBytes(ctx.req) ?? 0);
  const bytes = await bodyBytes(ctx, parts.maxManifestBytes);
  await confirmPush(parts.gate, ctx, repository);
  const contentType = ctx.req.headers["content-type"];
  const put = await parts.registry.manifests.put(repository, reference, {
    bytes,
    contentType,
    tags,
    precondition,
    by: callerName(parts, ctx),
  });
  answerEmpty(ctx, 201);
  ctx.set("location", parts.locate(`/v2/${repository}/manifests/${put.digest}`));
  ctx.set("docker-content-digest", put.digest);
  ctx.set("etag", entityTag(put.digest));
  // A client that sees OCI-Subject knows that it need not keep a fallback tag (end-7).
  if (put.subject !== undefined) ctx.set("oci-subject", put.subject);
  if (tags.length > 0) ctx.set("oci-tag", tags);
}

/** For the history of tags. */
function callerName({ gate }: HandlerParts, ctx: Context): string {
  return principalName(gate.callerOf(ctx).principal);
}

function describe(reference: Reference): object {
  return reference.kind === "tag" ? { tag: reference.tag } : { digest: reference.digest };
}
