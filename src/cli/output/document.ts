// What a command found, as a flat record that is printed as JSON or as a table: one description for both, so that they
// can't tell different things. Keys are those of the admin API; times are Dates.

export type Value = string | number | boolean | Date | readonly string[] | readonly Document[] | undefined;
export type Document = { readonly [key: string]: Value };
/** For JSON alone. */
export type NestedDocument = { readonly [key: string]: Value | NestedDocument };

/** @param milliseconds since 1970 */
export function timeOf(milliseconds: number | undefined): Date | undefined {
  return milliseconds === undefined ? undefined : new Date(milliseconds);
}
