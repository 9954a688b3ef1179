// For how long what an upstream said of a tag is taken as true (REQ-40): `latest` moves, `v1.2.3` does not.
import { globMatcher } from "../oci/glob.ts";
import type { UpstreamSettings } from "./upstream-settings.ts";

/** The TTL in seconds of a tag of `name`, by the first rule that fits. */
export function tagTtlOf({
  tagTtl,
  tagTtlSeconds,
}: Pick<UpstreamSettings, "tagTtl" | "tagTtlSeconds">): (name: string, tag: string) => number {
  const rules = tagTtl.map(({ pattern, seconds }) => ({
    fits: globMatcher(pattern),
    ofTagAlone: !/[:/]/.test(pattern),
    seconds,
  }));
  return (name, tag) =>
    rules.find(({ fits, ofTagAlone }) => fits(ofTagAlone ? tag : `${name}:${tag}`))?.seconds ?? tagTtlSeconds;
}
