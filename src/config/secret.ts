// Marks keys whose value must never be shown. The mark is JSON Schema's `writeOnly`, so it is also in the JSON Schema.
import type { z } from "zod";

/** Marks a key; everything below it is hidden too. Apply it last, or anywhere: `.describe()` and `.optional()` keep it. */
export function secret<T extends z.ZodType>(schema: T): T {
  return schema.meta({ ...schema.meta(), writeOnly: true });
}

export const hiddenText = "<hidden>";
