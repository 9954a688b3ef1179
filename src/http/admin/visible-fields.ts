// What of a body may be written down: everything but the fields whose schema says that they are secrets. Apart from the
// handlers, so that none of them can forget it.
import { z } from "zod";

/** A password: taken in, never given out again, neither in an answer nor in the audit trail. */
export function secretText(description: string): z.ZodString {
  return z.string().meta({ writeOnly: true, description });
}

/** `systemAdmin: true, description: …`, for the audit trail. */
export function describeVisible(schema: z.ZodObject, body: unknown): string {
  return Object.entries(body ?? {})
    .filter(([name, value]) => value !== undefined && !isSecret(schema.shape[name]))
    .map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(", ");
}

/** What nobody described counts as one. */
function isSecret(field: unknown): boolean {
  if (field instanceof z.ZodOptional) return isSecret(field.unwrap());
  return !(field instanceof z.ZodType) || z.globalRegistry.get(field)?.["writeOnly"] === true;
}
