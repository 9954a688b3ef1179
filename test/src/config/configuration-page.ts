// The generated part of docs/configuration.md: every key with its explanation, default, type and variable.
import { environmentName } from "../../../src/config/environment.ts";
import { configJsonSchema } from "../../../src/config/json-schema.ts";
import type { KeyPath } from "../../../src/config/key-path.ts";
import { formatKeyPath } from "../../../src/config/key-path.ts";

type JsonSchema = {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
};

function typeOf(schema: JsonSchema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(", ");
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeOf).join(" or ");
  if (schema.properties !== undefined) return "sections";
  if (schema.type === "array") return `list of ${typeOf(schema.items ?? {})}`;
  if (schema.type !== "integer") return schema.type === "string" ? "text" : (schema.type ?? "anything");
  const bounds = `${schema.minimum?.toString() ?? "any"} to ${schema.maximum?.toString() ?? "any"}`;
  return `whole number, ${bounds}`;
}

function variable(path: KeyPath, schema: JsonSchema): string {
  const isWhole = schema.properties !== undefined || schema.type === "array";
  return `Environment${isWhole ? ", as YAML or JSON" : ""}: \`${environmentName(path)}\``;
}

function entry(path: KeyPath, schema: JsonSchema): string {
  const isSection = schema.properties !== undefined;
  const title = `${"#".repeat(isSection && path.length === 1 ? 2 : 3)} \`${formatKeyPath(path)}\``;
  const value = schema.default === undefined ? "not set" : `\`${JSON.stringify(schema.default)}\``;
  const facts = isSection
    ? [`- ${variable(path, schema)}`]
    : [`- Default: ${value}`, `- Value: ${typeOf(schema)}`, `- ${variable(path, schema)}`];
  return [title, "", schema.description ?? "", "", ...facts, ""].join("\n");
}

function entries(schema: JsonSchema, path: KeyPath): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, child]) => {
    const here = [...path, key];
    return [entry(here, child), ...entries(child, here), ...entries(sectionIn(child.items), [...here, 0])];
  });
}

/** What an entry of a list is, if it has keys: they are shown for the first one. */
function sectionIn(items: JsonSchema = {}): JsonSchema {
  return [items, ...(items.anyOf ?? [])].find(({ properties }) => properties !== undefined) ?? {};
}

export function configurationReference(): string {
  return entries(configJsonSchema(), []).join("\n");
}
