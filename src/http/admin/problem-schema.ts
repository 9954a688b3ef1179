// How the OpenAPI document describes problems (http/problem.ts), the answer to whatever was refused or failed.
import { z } from "zod";
import type { InputFault, Problem } from "../problem.ts";

const faultSchema = z.strictObject({
  path: z.string().describe("Such as `actions.0`; empty for the body as a whole."),
  message: z.string(),
}) satisfies z.ZodType<InputFault>;

export const problemSchema = z
  .strictObject({
    type: z.string().describe("The same for the same kind of error: what a program looks at."),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional().describe("What is wrong with this request, and what to do."),
    requestId: z.string().describe("Also in the registry's log."),
    errors: z.array(faultSchema).optional(),
  })
  .meta({ id: "Problem", description: "An error (RFC 9457)." }) satisfies z.ZodType<
  Omit<Problem, "detail"> & { readonly detail?: string | undefined }
>;
