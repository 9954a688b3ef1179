// What every handler of `/v2` gets and is: parse, call the registry, shape the answer.
import type { Context } from "koa";
import type { Registry } from "../../registry/registry.ts";
import type { Locate } from "../location.ts";
import type { Offload } from "./offload.ts";
import type { Gate } from "../middleware/gate.ts";
import type { Namespace } from "../middleware/namespace.ts";
import type { PathParameters } from "../parameters.ts";

export interface HandlerParts {
  readonly registry: Registry;
  readonly locate: Locate;
  readonly maxManifestBytes: number;
  /** Whether this client is sent to the blob store itself for the bytes of a blob (REQ-26). */
  readonly redirects: (ctx: Context) => boolean;
  /** Lets the server in front send what it can send itself. */
  readonly offload: Offload;
  /** What a request calls a repository → its one name. */
  readonly namespace: Pick<Namespace, "named" | "sourceOf">;
  /** Knows the caller: the owner of a new upload session, what a list shows, what may be mounted. */
  readonly gate: Gate;
}

export type Handler = (ctx: Context, path: PathParameters) => Promise<void>;

/** An answer without a body: `Content-Length: 0`, where the status allows a body at all. */
export function answerEmpty(ctx: Context, status: number): void {
  ctx.body = null;
  ctx.status = status;
}
