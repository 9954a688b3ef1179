// The effective configuration as text that would itself be accepted as a configuration file, secrets apart.
import { stringify } from "yaml";
import { z } from "zod";
import type { Config } from "./load-config.ts";
import { configSchema } from "./schema.ts";
import type { Settings } from "./schema.ts";
import { childOf, nodeOf } from "./schema-node.ts";
import type { SchemaNode } from "./schema-node.ts";
import { hiddenText } from "./secret.ts";

/** A copy with the value of every key marked as secret replaced by `<hidden>`, unless it is not set. */
export function hideSecrets(value: unknown, node: SchemaNode): unknown {
  if (node.secret && value !== undefined) return hiddenText;
  const below = (item: unknown, part: string | number): unknown => {
    const child = childOf(node, part);
    return child === undefined ? item : hideSecrets(item, child);
  };
  if (Array.isArray(value)) return value.map(below);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]): [string, unknown] => [key, below(item, key)]),
  );
}

export function printConfig(config: Config, format: "yaml" | "json"): string {
  const { mode, accounts, token } = config.auth;
  const auth = { mode, accounts, ...(token && { token }) };
  const written = { ...config, auth, upstreams: [...config.upstreams], mirror: mirrorSection(config.mirror) };
  const settings = z.encode(configSchema, written);
  const shown = hideSecrets(settings, nodeOf(configSchema));
  return format === "json" ? `${JSON.stringify(shown, null, 2)}\n` : stringify(shown);
}

/** The keys that the file has; upstreams stand beside them there. */
function mirrorSection(mirror: Config["mirror"]): Settings["mirror"] {
  const { checkSeconds, backoffSeconds, negativeSeconds, rateLimitReserve, maxBytes, lowWater } = mirror;
  const { idleSeconds, minFreeBytes, finishAbandoned, spoolDirectory } = mirror;
  return {
    default: mirror.default,
    virtual: [...mirror.virtual],
    ...{ checkSeconds, backoffSeconds, negativeSeconds, rateLimitReserve, maxBytes, lowWater },
    ...{ idleSeconds, pins: [...mirror.pins], minFreeBytes, finishAbandoned, spoolDirectory },
  };
}
