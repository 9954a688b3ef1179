// What a request brings, held against its schema: all that is wrong is said at once, each with its place.
import type { z } from "zod";
import { OciError } from "../../oci/oci-error.ts";
import type { InputFault } from "../problem.ts";

const maxFaults = 20;
/** A name in the body is repeated in the answer, but not without end. */
const maxCharacters = 100;

/**
 * @param schema undefined: nothing is wanted, and what is there is not looked at
 * @throws OciError inputInvalid
 */
export function parseInput<T>(schema: z.ZodType<T> | undefined, input: unknown): T {
  // An operation without a schema has no type for it either: T is undefined.
  if (schema === undefined) return undefined as T;
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw inputInvalid(result.error.issues.flatMap(faultsOf));
}

export function inputInvalid(faults: readonly InputFault[]): OciError {
  const errors = faults.slice(0, maxFaults);
  const reason = errors
    .map(({ path, message }) => (path === "" ? message : `${path}: ${message}`))
    .join("; ");
  return new OciError("inputInvalid", { detail: { reason, errors } });
}

function faultsOf(issue: z.core.$ZodIssue): InputFault[] {
  const path = issue.path.map(String);
  if (issue.code !== "unrecognized_keys") return [{ path: placeOf(path), message: issue.message }];
  return issue.keys.map((key) => ({
    path: placeOf([...path, key]),
    message: "There is no such member here",
  }));
}

function placeOf(path: readonly string[]): string {
  return path.join(".").slice(0, maxCharacters);
}
