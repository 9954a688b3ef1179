// end-12: what refers to a manifest, as an image index. A subject that nobody knows has an empty list, never a 404.
import { ociImageIndex } from "../../oci/media-types.ts";
import { linkNext } from "../paging.ts";
import { digestIn, queryValue, repositoryIn, toDigest } from "../parameters.ts";
import { describeCache } from "./cache-headers.ts";
import type { Handler, HandlerParts } from "./handler.ts";

export function listReferrers({ registry, locate }: HandlerParts): Handler {
  return async (ctx, path) => {
    const repository = repositoryIn(path);
    const subject = digestIn(path);
    const artifactType = queryValue(ctx, "artifactType");
    const last = queryValue(ctx, "last");
    const after = last === undefined ? undefined : toDigest(last);
    const page = await registry.referrers.list(repository, subject, { artifactType, after });
    if (artifactType !== undefined) ctx.set("oci-filters-applied", "artifactType");
    if (page.next !== undefined) {
      const query = new URLSearchParams({
        ...(artifactType === undefined ? {} : { artifactType }),
        last: page.next,
      });
      linkNext(ctx, `/v2/${repository}/referrers/${subject}?${query.toString()}`, locate);
    }
    describeCache(ctx, page.cache);
    ctx.set("cache-control", "no-cache, no-transform");
    ctx.body = JSON.stringify({ schemaVersion: 2, mediaType: ociImageIndex, manifests: page.manifests });
    ctx.set("content-type", ociImageIndex);
  };
}
