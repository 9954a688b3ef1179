// end-8 and the catalog: names in pages, straight from the metadata store, in the order of code points.
import { OciError } from "../../oci/oci-error.ts";
import { linkNextPage, pageRequestOf } from "../paging.ts";
import { repositoryIn } from "../parameters.ts";
import { describeCache } from "./cache-headers.ts";
import type { Handler, HandlerParts } from "./handler.ts";

export function listTags({ registry, locate }: HandlerParts): Handler {
  return async (ctx, path) => {
    const name = repositoryIn(path);
    const request = pageRequestOf(ctx);
    const page = await registry.tags.list(name, request);
    if (page === undefined) throw new OciError("nameUnknown", { detail: { name } });
    linkNextPage(ctx, `/v2/${name}/tags/list`, request, page, locate);
    describeCache(ctx, page.cache);
    ctx.body = { name, tags: page.entries };
  };
}

export function listCatalog({ registry, locate, gate }: HandlerParts): Handler {
  return async (ctx) => {
    const request = pageRequestOf(ctx);
    const page = await registry.catalog.list(request, await gate.visibleTo(ctx));
    linkNextPage(ctx, "/v2/_catalog", request, page, locate);
    ctx.body = { repositories: page.entries };
  };
}
