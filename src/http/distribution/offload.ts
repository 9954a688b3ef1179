// Large blobs, sent by nginx with sendfile: Berth decides who may have which file, nginx moves the bytes. Apart from
// blobs.ts because it is an agreement with deploy/nginx-offload.conf, header by header.
// A layer of 512 MiB goes out as fast as from nginx alone (0.98 to 1.33 of it in three interleaved rounds of curl, one core
// each), 3 times as fast as through nginx that passes Berth's bytes on, for 0.01 s of Berth's CPU in place of 0.65 s.
import type { Context } from "koa";
import type { Logger } from "../../observability/logger.ts";
import type { OpenBlob } from "../../registry/registry.ts";
import type { RequestState } from "../middleware/request-id.ts";
import type { Origin } from "../origin.ts";

/** Answers with a file for the server in front, and true; or leaves everything as it was, and false. */
export type Offload = (ctx: Context, blob: OpenBlob) => Promise<boolean>;

/**
 * `nginx` from a proxy that has the snippet, and no other: any proxy that is trusted for X-Forwarded-For, but knows nothing
 * of files, would hand our empty answer on to its client. `failed` from one that could not open what it was sent to.
 */
export const offered = "x-berth-offload";

/** The internal location of the snippet. */
const files = "/berth-blobs/";

/**
 * Fewer bytes are passed on as fast: with wrk and 8 connections handing over 256 KiB is 1.5 times as fast as passing them on,
 * 64 KiB cost Berth the same CPU either way, and of 16 KiB more.
 */
const leastBytes = 256 * 1024;

const complaintSeconds = 600;

export function offloadToNginx({
  origin,
  logger,
  now = () => performance.now(),
}: {
  readonly origin: Pick<Origin, "isProxied">;
  readonly logger: Pick<Logger, "warn">;
  /** Milliseconds. */
  readonly now?: () => number;
}): Offload {
  let complainedAt = -Infinity;
  const complain = (file: string) => {
    if (now() - complainedAt < complaintSeconds * 1000) return;
    complainedAt = now();
    logger.warn({ file }, unreadable);
  };
  return async (ctx, { file, body, size, range }) => {
    const offer = ctx.get(offered);
    if (file === undefined || offer === "" || !origin.isProxied(ctx.req)) return false;
    if (offer === "failed") complain(file);
    const bytes = range ? range.end - range.start + 1 : size;
    if (offer !== "nginx" || bytes < leastBytes || !isReadAlike(ctx, range)) return false;
    await body.close();
    answerFile(ctx, file);
    (ctx.state as RequestState).isOffloaded = true;
    return true;
  };
}

const unreadable =
  "nginx could not open a blob that it was to send, so Berth sent it: nginx's error log says why, and `berth doctor storage` " +
  "which folder is closed to it";

const plainRange = /^bytes=\d{0,15}-\d{0,15}$/i;

/** nginx chooses the part, and looks at conditions, by itself: whatever it might understand differently is sent here. */
function isReadAlike(ctx: Context, range: OpenBlob["range"]): boolean {
  const wanted = ctx.get("range").trim();
  const isSameRange = range === undefined ? wanted === "" : plainRange.test(wanted);
  return isSameRange && ctx.get("if-match") === "" && ctx.get("if-unmodified-since") === "";
}

/**
 * The headers stand already. nginx keeps two of them by itself, also when the file is gone and somebody else answers in its
 * place: they would be there twice, or make a 404 last a year. The snippet adds them to files alone.
 */
function answerFile(ctx: Context, file: string): void {
  const { "cache-control": lasting = "" } = ctx.response.headers;
  ctx.status = 200;
  // With no body at all Koa would take the type away, which nginx hands on.
  ctx.body = "";
  ctx.set("x-accel-redirect", files + file);
  ctx.set("x-berth-cache-control", lasting);
  for (const name of ["cache-control", "accept-ranges", "x-accel-buffering"]) ctx.remove(name);
  // A cache in between keeps this from whoever asks without the offer.
  ctx.vary(offered);
}
