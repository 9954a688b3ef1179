// The OpenAPI document: whole, in step with the table, and true of what is answered.
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { adminTable } from "../../../../src/http/admin/routes.ts";
import { playIn } from "./cast.ts";
import { serveAdminApi, type AdminApi } from "./serve-admin-api.ts";

type Json = Readonly<Record<string, unknown>>;
type Operation = {
  readonly operationId: string;
  readonly security?: readonly unknown[];
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly required: boolean }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Json }>> };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Json }>> }>
  >;
};
type Document = {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Json>> };
};

const closing: (() => Promise<void>)[] = [];
let api: AdminApi;
let ids: Readonly<Record<string, string>>;
let document: Document;

beforeAll(async () => {
  api = await serveAdminApi({ atEnd: (close) => void closing.push(close) });
  ({ ids } = await playIn(api));
  document = (await api.api("GET", "/openapi.json")).json as Document;
  return async () => {
    for (const close of closing.toReversed()) await close();
  };
});

const operations = () =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ method, path, ...operation })),
  );

/** Every value under a key called `name`, however deep. */
function valuesAt(json: unknown, name: string): unknown[] {
  if (typeof json !== "object" || json === null) return [];
  return Object.entries(json as Json).flatMap(([key, value]) => [
    ...(key === name ? [value] : []),
    ...valuesAt(value, name),
  ]);
}

/** A schema of the document as one that checks, with what it refers to. */
function checkerOf(schema: Json) {
  const self = JSON.stringify({ ...schema, $defs: document.components.schemas });
  return z.fromJSONSchema(JSON.parse(self.replaceAll("#/components/schemas/", "#/$defs/")) as never);
}

const answerSchema = (operation: Operation) =>
  Object.entries(operation.responses).find(([status]) => status.startsWith("2"))?.[1].content?.[
    "application/json"
  ]?.schema;

describe("the OpenAPI document", () => {
  it("is to be had without signing in, for caches as well", async () => {
    const { status, headers } = await api.api("GET", "/openapi.json");
    expect([status, headers["cache-control"]]).toEqual([200, undefined]);
    expect(document.openapi).toMatch(/^3\.1\./);
  });

  it("has an operation for every row of the table and for nothing else", () => {
    const served = adminTable().map(([method, path]) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`);
    const described = operations().map(({ method, path }) => `${method.toUpperCase()} ${path}`);
    expect(described.toSorted()).toEqual(served.toSorted());
  });

  it("names each operation once, as a program may", () => {
    const ids = operations().map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !/^[a-z][A-Za-z]+$/.test(id))).toEqual([]);
  });

  it("describes the parameters of each path, no more and no less", () => {
    for (const { path, parameters } of operations()) {
      const inPath = parameters.filter((parameter) => parameter.in === "path");
      expect(inPath.map(({ name }) => name)).toEqual(
        Array.from(path.matchAll(/{(\w+)}/g), ([, name]) => name),
      );
      expect(inPath.every(({ required }) => required)).toBe(true);
    }
  });

  it("refers to nothing that it does not hold, and holds nothing that nobody refers to", () => {
    const names = Object.keys(document.components.schemas);
    const used = valuesAt(document, "$ref").map(String);
    for (const reference of used) {
      const [, ...keys] = reference.split("/");
      const found = keys.reduce<unknown>((value, key) => (value as Json | undefined)?.[key], document);
      expect(found, reference).toBeTypeOf("object");
    }
    const inUse = new Set(used.map((reference) => reference.split("/").at(-1)));
    expect(names.filter((name) => !inUse.has(name))).toEqual([]);
    expect([
      ...valuesAt(document, "$id"),
      ...valuesAt(document, "$defs"),
      ...valuesAt(document, "$schema"),
    ]).toEqual([]);
  });

  it("takes no body with members that are not described", () => {
    for (const { operationId, requestBody } of operations()) {
      if (requestBody === undefined) continue;
      const name = String(requestBody.content["application/json"]?.schema["$ref"]).split("/").at(-1) ?? "";
      expect(document.components.schemas[name]?.["additionalProperties"], operationId).toBe(false);
    }
  });

  it("marks every password as what is never given out", () => {
    const passwords = Object.values(document.components.schemas)
      .flatMap((schema) => Object.entries((schema["properties"] ?? {}) as Record<string, Json>))
      .filter(([name, schema]) => /password|secret/i.test(name) && schema["type"] === "string");
    const writeOnly = passwords.filter(([, schema]) => schema["writeOnly"] === true).map(([name]) => name);
    expect(new Set(writeOnly)).toEqual(new Set(["password", "currentPassword", "newPassword"]));
    expect(new Set(passwords.map(([name]) => name))).toEqual(new Set([...writeOnly, "secret"]));
  });

  it("asks for credentials everywhere but for itself", () => {
    const open = operations().filter(({ security }) => security?.length === 0);
    expect(open.map(({ operationId }) => operationId)).toEqual(["getOpenApi"]);
  });

  it("is true of what every GET answers, and of its refusal", async () => {
    const words: Record<string, string> = { users: "jane", groups: "staff", projects: "team", robots: "ci" };
    const gets = operations().filter(({ method }) => method === "get");
    for (const { path, ...operation } of gets) {
      const [, resource = ""] = path.split("/");
      const address = path
        .replace("{name}", words[resource] ?? "")
        .replace("permissions", "permissions?repository=a/b")
        .replace("tags/history", "tags/history?repository=team/app")
        .replace("mirror/images", "mirror/images?repository=registry.k8s.io/pause")
        .replace("{id}", ids["preload"] ?? "");
      const answer = await api.api("GET", address, { as: "admin" });
      const checker = checkerOf(answerSchema(operation) ?? {});
      expect(answer.status, path).toBe(200);
      expect(checker.safeParse(answer.json).error?.issues, path).toBeUndefined();
      if (path !== "/openapi.json")
        expect(checker.safeParse({ ...answer.json, more: 1 }).success, path).toBe(false);
    }
    const problem = checkerOf({ $ref: "#/components/schemas/Problem" });
    const refusals = [
      await api.api("GET", "/users"),
      await api.api("GET", "/users?limit=x", { as: "admin" }),
    ];
    expect(refusals.map(({ json }) => problem.safeParse(json).success)).toEqual([true, true]);
  });
});
