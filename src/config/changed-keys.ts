// What differs between two configurations, by the names that the file has for it.
import { isDeepStrictEqual } from "node:util";
import type { Config } from "./load-config.ts";

/** What Berth itself makes of other keys, which are told instead. */
const derived = ["auth.reason", "mirror.upstreams", "mirror.maxManifestBytes"];

/** Such as `mirror.maxBytes`, sorted; lists, upstreams among them, are one key as a whole. */
export function changedKeys(before: Config, after: Config): string[] {
  return [...differences(before, after, "")].filter((key) => !derived.includes(key)).sort();
}

function* differences(before: unknown, after: unknown, path: string): Generator<string> {
  if (!isSection(before) || !isSection(after)) {
    if (!isDeepStrictEqual(before, after)) yield path;
    return;
  }
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    yield* differences(before[key], after[key], path === "" ? key : `${path}.${key}`);
  }
}

function isSection(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
