// The schema as JSON Schema, of what may stand in the file (and not of what Berth makes of it).
import { z } from "zod";
import { configSchema } from "./schema.ts";

export function configJsonSchema(): object {
  return z.toJSONSchema(configSchema, { io: "input" });
}
