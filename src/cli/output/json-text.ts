// A document as JSON: what is not there is null, times are ISO 8601 in UTC, and nothing in it can steer a terminal.
import type { NestedDocument } from "./document.ts";

/** DEL and what follows, which JSON allows as they are, and which terminals obey or editors hide. */
const unseen = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

export function jsonText(content: NestedDocument | readonly NestedDocument[]): string {
  const text = JSON.stringify(content, (_, value: unknown) => value ?? null, 2);
  return `${text.replace(unseen, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`)}\n`;
}
