// Conditional requests (RFC 9110 §13). Entity tags are digests in quotes, so they are always strong.
import type { Context } from "koa";
import { parseDigest, type Digest } from "../../storage/digest.ts";
import type { Precondition } from "../registry/registry.ts";

export function entityTag(digest: Digest): string {
  return `"${digest}"`;
}

/** Whether the client has this content already, so that 304 is the answer to its GET or HEAD. */
export function isCurrent(ctx: Context, digest: Digest): boolean {
  return matchesTag(ctx.get("if-none-match"), digest);
}

/** Whether a Range may be honoured: without If-Range always, else only when it names this very content. */
export function rangeIsFor(ctx: Context, digest: Digest): boolean {
  const ifRange = ctx.get("if-range").trim();
  return ifRange === "" || ifRange === entityTag(digest);
}

/** What a PUT demands of the tag or digest it names, or undefined. If-Match goes first, as the RFC orders them. */
export function preconditionOf(ctx: Context): Precondition | undefined {
  const ifMatch = ctx.get("if-match").trim();
  if (ifMatch === "*") return { kind: "matches", digests: "any" };
  // If-Match compares strongly: a weak tag never matches (RFC 9110 §13.1.1).
  if (ifMatch !== "") return { kind: "matches", digests: digestsIn(ifMatch, { weak: false }) };
  const ifNoneMatch = ctx.get("if-none-match").trim();
  if (ifNoneMatch === "*") return { kind: "absent" };
  return ifNoneMatch === ""
    ? undefined
    : { kind: "differs", digests: digestsIn(ifNoneMatch, { weak: true }) };
}

/** What a DELETE demands that its reference stands for, or undefined. */
export function demandedDigests(ctx: Context): readonly Digest[] | undefined {
  const demand = preconditionOf(ctx);
  return demand?.kind === "matches" && demand.digests !== "any" ? demand.digests : undefined;
}

function matchesTag(header: string, digest: Digest): boolean {
  return header.trim() === "*" || digestsIn(header, { weak: true }).includes(digest);
}

/** Quotes are optional: CNCF Distribution answered unquoted tags for years, and clients repeat them. */
function digestsIn(header: string, { weak }: { weak: boolean }): Digest[] {
  return header.split(",").flatMap((tag) => {
    const text = tag.trim();
    if (!weak && text.startsWith("W/")) return [];
    return parseDigest(text.replace(/^W\//, "").replace(/^"(.*)"$/, "$1")) ?? [];
  });
}
