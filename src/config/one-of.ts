// A section of which exactly one key is given: the key says which kind, what is under it are that kind's options.
// Kept as one object in the schema, not a union, so that a mistyped key is named instead of "no alternative matched".
import { z } from "zod";

type Shape = Record<string, z.ZodObject>;
type Output<S extends Shape> = { [K in keyof S]: { [P in K]: z.output<S[K]> } }[keyof S];
type Input<S extends Shape> = { [K in keyof S]: { [P in K]: z.input<S[K]> } }[keyof S];

export function oneOf<S extends Shape>(shape: S): z.ZodType<Output<S>, Input<S>> {
  const names = Object.keys(shape);
  const message = `must have exactly one of the keys ${names.join(", ")}`;
  const optional = Object.fromEntries(
    Object.entries(shape).map(([name, schema]) => [name, schema.optional()]),
  );
  const section = z
    .strictObject(optional)
    .refine((value) => Object.values(value).filter((kind) => kind !== undefined).length === 1, {
      message: names.length === 1 ? `must have the key ${names.join("")}` : message,
    })
    .meta({ minProperties: 1, maxProperties: 1 });
  return section as unknown as z.ZodType<Output<S>, Input<S>>;
}
