// One thing that the admin API does: its schemas and its handler in one piece, so that what is checked, what is
// published and what the handler relies on are the same. Which address and which right lead to it stands in routes.ts.
import type { Context } from "koa";
import type { z } from "zod";
import type { AdminParts } from "./admin-parts.ts";
import { parseInput } from "./parse-input.ts";
import { describeVisible } from "./visible-fields.ts";

export interface Call<Body, Query> {
  readonly ctx: Context;
  /** A parameter of the path, which the route must have. */
  readonly path: (name: string) => string;
  readonly body: Body;
  readonly query: Query;
}

export interface Definition<Body, Query, Answer> {
  /** The operationId of OpenAPI. */
  readonly id: string;
  readonly summary: string;
  /** Of a JSON object; without it a body is not read. */
  readonly body?: z.ZodObject & z.ZodType<Body>;
  readonly query?: z.ZodObject & z.ZodType<Query>;
  /** Without it the answer is 204. */
  readonly answer?: z.ZodType<Answer>;
  /** Makes it a 201: the path, under /api/v1, of what was created. */
  readonly location?: (answer: Answer, call: Call<Body, Query>) => string;
  /** What the audit trail calls the change that this makes. */
  readonly change?: {
    readonly action: string;
    readonly target: (call: Call<Body, Query>, parts: AdminParts) => string;
    /** Instead of the body, as far as it is no secret. */
    readonly detail?: (call: Call<Body, Query>) => string;
  };
  readonly handle: (parts: AdminParts, call: Call<Body, Query>) => Promise<Answer>;
}

/** A definition with its types settled, as a table can hold it. */
export interface Operation {
  readonly id: string;
  readonly summary: string;
  readonly body: z.ZodObject | undefined;
  readonly query: z.ZodObject | undefined;
  readonly answer: z.ZodType | undefined;
  readonly status: 200 | 201 | 204;
  readonly action: string | undefined;
  /** @throws OciError inputInvalid, naming all that can't be accepted */
  readonly prepare: (parts: AdminParts, input: Input) => Prepared;
}

export type Input = Pick<Call<unknown, unknown>, "ctx" | "path" | "body" | "query">;

export interface Prepared {
  /** For the audit trail: what is changed, and how, without any secret. */
  readonly target: string;
  readonly detail: string;
  readonly run: () => Promise<{ readonly answer: unknown; readonly location: string | undefined }>;
}

export function operation<Body = undefined, Query = undefined, Answer = undefined>(
  definition: Definition<Body, Query, Answer>,
): Operation {
  const { id, summary, body, query, answer, location, change, handle } = definition;
  return {
    id,
    summary,
    body,
    query,
    answer,
    status: location !== undefined ? 201 : answer !== undefined ? 200 : 204,
    action: change?.action,
    prepare: (parts, { ctx, path, ...input }) => {
      const call = { ctx, path, body: parseInput(body, input.body), query: parseInput(query, input.query) };
      return {
        target: change?.target(call, parts) ?? "",
        detail: change?.detail?.(call) ?? (body === undefined ? "" : describeVisible(body, call.body)),
        run: async () => {
          const result = await handle(parts, call);
          return { answer: result, location: location?.(result, call) };
        },
      };
    },
  };
}
