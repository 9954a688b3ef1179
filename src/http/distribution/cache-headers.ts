// Whether a mirror had an answer or had to fetch it, and how old it is, for people and for the caches in between
// (REQ-40): Cache-Status (RFC 9211), Age (RFC 9111 §5.1), and Warning where the upstream could not be asked.
import type { Context } from "koa";
import type { CacheNote } from "../../registry/registry.ts";

const statuses: Record<CacheNote["outcome"], string> = {
  hit: "berth; hit",
  miss: "berth; fwd=uri-miss; stored",
  passed: "berth; fwd=uri-miss",
  stale: "berth; hit; detail=stale",
};

/** Says nothing of what is not mirrored. */
export function describeCache(ctx: Context, note: CacheNote | undefined): void {
  if (note === undefined) return;
  ctx.set("cache-status", statuses[note.outcome]);
  if (note.outcome === "hit" || note.outcome === "stale") ctx.set("age", String(note.ageSeconds));
  if (note.outcome === "stale") ctx.set("warning", '110 - "Response is Stale"');
}
