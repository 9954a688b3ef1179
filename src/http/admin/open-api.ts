// The OpenAPI document, made of the table and of the schemas that requests are checked with, so that it can't be wrong.
import { z } from "zod";
import { problemMediaType } from "../problem.ts";
import { nothing } from "./needs.ts";
import { operation, type Operation } from "./operation.ts";
import { problemSchema } from "./problem-schema.ts";
import type { AdminRoute } from "./routes.ts";

/** Under which all addresses of the table lie. */
export const apiPath = "/api/v1";

const documentSchema = z
  .looseObject({ openapi: z.string() })
  .meta({ id: "OpenApiDocument", description: "An OpenAPI 3.1 document." });

/**
 * The document is made once, for the first who asks: it costs some milliseconds, and anybody may ask.
 * @param table asked for only then, because the document is a row of it
 */
export function openApiOperation(table: () => readonly AdminRoute[]): Operation {
  let document: ReturnType<typeof openApiDocument> | undefined;
  return operation({
    id: "getOpenApi",
    summary: "This document.",
    answer: documentSchema,
    handle: async () => (document ??= openApiDocument(table())),
  });
}

function openApiDocument(table: readonly AdminRoute[]) {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of table) {
    const [method, path] = route;
    const address = path.replace(/:(\w+)/g, "{$1}");
    paths[address] = { ...paths[address], [method.toLowerCase()]: describeRoute(route) };
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "Berth admin API",
      version: "1",
      description: "Accounts, projects and who may do what, in a Berth registry.",
    },
    servers: [{ url: apiPath }],
    security: Object.keys(securitySchemes).map((name) => ({ [name]: [] })),
    paths,
    components: { schemas: schemasOf(table), responses: { Problem: problem }, securitySchemes },
  };
}

const securitySchemes = {
  basic: {
    type: "http",
    scheme: "basic",
    description: "The name of an account, with its password, access token or robot secret.",
  },
  secret: {
    type: "http",
    scheme: "bearer",
    description: "An access token or a robot's secret alone (berth_…).",
  },
};

const problem = {
  description: "Refused or failed.",
  content: { [problemMediaType]: { schema: referTo(problemSchema) } },
};

function describeRoute([, path, needs, { id, summary, body, query, answer, status }]: AdminRoute): object {
  return {
    operationId: id,
    summary,
    description: `For: ${needs.who}`,
    ...(needs === nothing && { security: [] }),
    parameters: [...pathParameters(path), ...queryParameters(query)],
    ...(body && { requestBody: { required: true, content: json(body) } }),
    responses: {
      [status]: {
        description: answer === undefined ? "Done." : "Done; this is the outcome.",
        ...(status === 201 && { headers: { Location: { schema: { type: "string" } } } }),
        ...(answer && { content: json(answer) }),
      },
      default: { $ref: "#/components/responses/Problem" },
    },
  };
}

function json(schema: z.ZodType): object {
  return { "application/json": { schema: referTo(schema) } };
}

function referTo(schema: z.ZodType): object {
  return { $ref: `#/components/schemas/${nameOf(schema)}` };
}

function nameOf(schema: z.ZodType): string {
  const { id } = z.globalRegistry.get(schema) ?? {};
  if (id === undefined) throw new Error("a schema of the admin API has no name");
  return id;
}

function pathParameters(path: string): object[] {
  return Array.from(path.matchAll(/:(\w+)/g), ([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
}

function queryParameters(query: z.ZodObject | undefined): object[] {
  if (query === undefined) return [];
  const { properties = {}, required = [] } = z.toJSONSchema(query, { io: "input" });
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: "query",
    required: required.includes(name),
    schema,
  }));
}

/** Every schema that has a name, those within others too. */
function schemasOf(table: readonly AdminRoute[]): Record<string, object> {
  const roots = table.flatMap(([, , , { body, answer }]) =>
    [body, answer].filter((schema) => schema !== undefined),
  );
  const { $defs = {} } = z.toJSONSchema(z.union([problemSchema, ...roots]));
  const text = JSON.stringify($defs).replaceAll('"#/$defs/', '"#/components/schemas/');
  return z.record(z.string(), z.looseObject({})).parse(JSON.parse(text));
}
