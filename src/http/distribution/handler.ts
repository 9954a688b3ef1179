// What every handler of `/v2` gets and is: parse, call the registry, shape the answer.
import type { Context } from "koa";
import type { Registry, Visibility } from "../../registry/registry.ts";
import type { Locate } from "../location.ts";
import type { PathParameters } from "../parameters.ts";

export interface HandlerParts {
  readonly registry: Registry;
  readonly locate: Locate;
  readonly maxManifestBytes: number;
  /** The caller, as the owner of upload sessions. */
  readonly owner: (ctx: Context) => string;
  /** What the caller may see, in lists and as the source of a mount. */
  readonly visibleTo: (ctx: Context) => Promise<Visibility>;
  /** Whether the caller may pull from that repository: a mount asks, and is no error when not. */
  readonly mayPull: (ctx: Context, repository: string) => Promise<boolean>;
}

export type Handler = (ctx: Context, path: PathParameters) => Promise<void>;

/** An answer without a body: `Content-Length: 0`, where the status allows a body at all. */
export function answerEmpty(ctx: Context, status: number): void {
  ctx.body = null;
  ctx.status = status;
}

/** Content under a digest never changes; nobody on the way may re-encode it (REQ-25). */
export const immutable = "max-age=31536000, immutable, no-transform";

/** Content under a tag has to be asked for again each time; If-None-Match makes that cheap. */
export const revalidate = "no-cache, no-transform";
