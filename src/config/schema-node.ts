// Walks a zod schema by key path, looking through wrappers (optional, defaults, codecs) and unions. Environment names,
// suggestions, hidden secrets and the reference all need the same walk.
import { z } from "zod";
import type { KeyPath } from "./key-path.ts";

/** A place in the configuration: the forms that its value may take, and whether it is, or lies in, a secret. */
export type SchemaNode = {
  readonly forms: readonly z.core.$ZodType[];
  readonly secret: boolean;
  readonly description: string | undefined;
};

export type ValueKind = "section" | "list" | "number" | "boolean" | "text";

type Wrapper = { readonly innerType: z.core.$ZodType };

function innerOf(schema: z.core.$ZodType): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodPipe) return schema.in;
  const def = schema._zod.def;
  return "innerType" in def ? (def as unknown as Wrapper).innerType : undefined;
}

export function nodeOf(schema: z.core.$ZodType, parentIsSecret = false): SchemaNode {
  const meta = z.globalRegistry.get(schema) ?? {};
  const secret = parentIsSecret || meta["writeOnly"] === true;
  const inner = innerOf(schema);
  if (inner !== undefined) {
    const node = nodeOf(inner, secret);
    return { ...node, description: meta.description ?? node.description };
  }
  if (!(schema instanceof z.ZodUnion)) return { forms: [schema], secret, description: meta.description };
  const options = schema.options.map((option) => nodeOf(option, secret));
  return {
    forms: options.flatMap((option) => option.forms),
    secret: secret || options.some((option) => option.secret),
    description: meta.description,
  };
}

/** The names of the keys that the place can have, when it is a section. */
export function keysOf(node: SchemaNode): string[] {
  const names = node.forms.flatMap((form) => (form instanceof z.ZodObject ? Object.keys(form.shape) : []));
  return [...new Set(names)];
}

/** What lies under a key of a section or at an index of a list; undefined when there can be nothing. */
export function childOf(node: SchemaNode, part: string | number): SchemaNode | undefined {
  const children = node.forms.flatMap((form) => {
    if (form instanceof z.ZodArray)
      return typeof part === "number" ? [nodeOf(form.element, node.secret)] : [];
    if (form instanceof z.ZodRecord) return [nodeOf(form.valueType, node.secret)];
    if (!(form instanceof z.ZodObject) || !Object.hasOwn(form.shape, part)) return [];
    const child: unknown = form.shape[part];
    return child instanceof z.ZodType ? [nodeOf(child, node.secret)] : [];
  });
  if (children.length === 0) return undefined;
  return {
    forms: children.flatMap((child) => child.forms),
    secret: children.some((child) => child.secret),
    description: children.find((child) => child.description !== undefined)?.description,
  };
}

export function nodeAt(root: SchemaNode, path: KeyPath): SchemaNode | undefined {
  return path.reduce<SchemaNode | undefined>((node, part) => node && childOf(node, part), root);
}

function kindOf(form: z.core.$ZodType): ValueKind {
  if (form instanceof z.ZodObject || form instanceof z.ZodRecord) return "section";
  if (form instanceof z.ZodArray || form instanceof z.ZodTuple) return "list";
  if (form instanceof z.ZodNumber) return "number";
  return form instanceof z.ZodBoolean ? "boolean" : "text";
}

export function kindsOf(node: SchemaNode): ReadonlySet<ValueKind> {
  return new Set(node.forms.map(kindOf));
}

/** Every path that a value can be given at, sections and lists included, the root excepted; `0` stands for any index. */
export function everyPath(node: SchemaNode, path: KeyPath = []): KeyPath[] {
  const parts = kindsOf(node).has("list") ? [...keysOf(node), 0] : keysOf(node);
  return parts.flatMap((part) => {
    const child = childOf(node, part);
    const here = [...path, part];
    return child === undefined ? [] : [here, ...everyPath(child, here)];
  });
}
