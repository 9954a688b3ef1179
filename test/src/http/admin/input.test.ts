// What the admin API makes of input that it can't accept: a problem that names all that is wrong, and never a failure.
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { adminTable } from "../../../../src/http/admin/routes.ts";
import { parseDigest } from "../../../../storage/digest.ts";
import { imageManifest } from "../../../support/images.ts";
import { RegistryClient } from "../../../support/registry-client.ts";
import { playIn } from "./cast.ts";
import { serveAdminApi, type AdminApi, type Asking, type JsonAnswer } from "./serve-admin-api.ts";

const closing: (() => Promise<void>)[] = [];
let api: AdminApi;

beforeAll(async () => {
  api = await serveAdminApi({ atEnd: (close) => void closing.push(close) });
  await playIn(api);
});

afterAll(async () => {
  for (const close of closing.toReversed()) await close();
});

function expectProblem(answer: JsonAnswer, status: number, kind: string): Record<string, unknown> {
  expect(answer.json).toMatchObject({ status, type: `urn:berth:problem:${kind}` });
  expect(answer.status).toBe(status);
  expect(answer.headers["content-type"]).toMatch(/^application\/problem\+json/);
  expect(answer.headers["cache-control"]).toBe("no-store");
  expect(answer.json["requestId"]).toBe(answer.headers["x-request-id"]);
  expect(answer.json["title"]).toMatch(/\w/);
  return answer.json;
}

const asAdmin = (asking: Asking = {}): Asking => ({ as: "admin", ...asking });
const jsonType = { "content-type": "application/json" };

describe("a body that is no JSON object", () => {
  it.each<[string, Asking]>([
    ["without a content type", { body: '{"name":"joe"}' }],
    ["of a form", { body: "name=joe", headers: { "content-type": "application/x-www-form-urlencoded" } }],
    ["of plain text", { body: '{"name":"joe"}', headers: { "content-type": "text/plain" } }],
    ["that is empty", { body: "", headers: jsonType }],
    ["that breaks off", { body: '{"name":"joe"', headers: jsonType }],
    ["that is not UTF-8", { body: Buffer.from('{"name":"jo\xe9"}', "latin1"), headers: jsonType }],
    ["that is a list", { json: [{ name: "joe" }] }],
    ["that is a text", { json: "joe" }],
    ["that is null", { json: null }],
  ])("%s is refused", async (_, asking) => {
    const problem = expectProblem(await api.api("POST", "/users", asAdmin(asking)), 400, "input-invalid");
    expect(problem["errors"]).toMatchObject([{ path: "", message: expect.stringMatching(/\w/) as string }]);
  });

  it("takes a charset and a suffix of the type as they are meant", async () => {
    const headers = { "content-type": "application/json; charset=utf-8" };
    const answer = await api.api("POST", "/groups", asAdmin({ body: '{"name":"with-charset"}', headers }));
    expect(answer.status).toBe(201);
  });

  it.each([
    ["by its length", false],
    ["as it comes", true],
  ])("and is larger than 64 KiB is refused %s", async (_, chunked) => {
    const body = JSON.stringify({ name: "joe", description: "x".repeat(64 * 1024) });
    const answer = await api.api("POST", "/users", asAdmin({ body, chunked, headers: jsonType }));
    expectProblem(answer, 413, "body-too-large");
  });
});

describe("a body that does not fit", () => {
  const robot = { name: "cd", actions: ["pull"] };
  it.each<[string, string, object, readonly string[]]>([
    ["POST", "/users", { name: "joe", admin: true }, ["admin"]],
    ["POST", "/users", { names: "joe", passwort: "x" }, ["name", "names", "passwort"]],
    [
      "POST",
      "/users",
      { name: 1, password: 2, description: [], systemAdmin: "yes" },
      ["name", "password", "description", "systemAdmin"],
    ],
    ["POST", "/users", { name: null }, ["name"]],
    ["PATCH", "/users/jane", { name: "joan" }, ["name"]],
    ["PATCH", "/users/jane", { disabled: 1 }, ["disabled"]],
    ["PUT", "/users/jane/password", {}, ["password"]],
    ["PUT", "/me/password", { newPassword: "another password" }, ["currentPassword"]],
    ["POST", "/me/tokens", { label: "x", actions: ["pull", "fly"] }, ["actions.1"]],
    ["POST", "/me/tokens", { label: "x", actions: "pull" }, ["actions"]],
    ["POST", "/me/tokens", { label: "x", expiresAt: "tomorrow" }, ["expiresAt"]],
    ["POST", "/me/tokens", { label: "x", expiresAt: 1893456000000 }, ["expiresAt"]],
    ["POST", "/robots", { ...robot, project: "team" }, ["project"]],
    ["POST", "/projects/team/robots", { ...robot, mayCreateProjects: true }, ["mayCreateProjects"]],
    ["POST", "/projects", { name: "fresh", private: true }, ["private"]],
    ["PUT", "/projects/team/members/user/jane", { role: "owner" }, ["role"]],
    ["PUT", "/projects/team/members/user/jane", {}, ["role"]],
  ])("%s %s %j: every fault is named", async (method, path, json, places) => {
    const { errors } = expectProblem(await api.api(method, path, asAdmin({ json })), 400, "input-invalid");
    expect((errors as { path: string }[]).map((fault) => fault.path).toSorted()).toEqual(places.toSorted());
  });

  it.each<[string, string, object, RegExp]>([
    ["POST", "/users", { name: "Joe" }, /choose a name/],
    ["POST", "/users", { name: "joe", password: "short" }, /password of 8/],
    ["POST", "/users", { name: "joe", description: "two\nlines" }, /one line/],
    ["POST", "/groups", { name: "a" }, /choose a name/],
    ["POST", "/projects", { name: "no/slash" }, /project name/],
    ["POST", "/robots", { ...robot, actions: [] }, /actions/],
    ["POST", "/robots", { ...robot, expiresAt: "2001-01-01T00:00:00Z" }, /future/],
    ["PATCH", "/robots/ci", { mayCreateProjects: true }, /robot of one project/],
    ["POST", "/me/tokens", { label: " " }, /label/],
  ])("%s %s %j: the services' sentence is passed on", async (method, path, json, words) => {
    const problem = expectProblem(await api.api(method, path, asAdmin({ json })), 400, "input-invalid");
    expect(problem["detail"]).toMatch(words);
  });

  it("repeats nothing of a password", async () => {
    const secret = "Tr0ub4dor&3 in the wrong place";
    for (const body of [`{"name":"joe","password":"${secret}"`, `{"name":"joe","password":["${secret}"]}`]) {
      const answer = await api.api("POST", "/users", asAdmin({ body, headers: jsonType }));
      expectProblem(answer, 400, "input-invalid");
      expect(answer.body.toString()).not.toContain("Tr0ub4dor");
    }
  });
});

describe("what can't be done", () => {
  it.each<[string, string, object | undefined, number, string, RegExp]>([
    ["POST", "/users", { name: "ci" }, 409, "name-taken", /robot is called ci/],
    ["POST", "/projects", { name: "team" }, 409, "name-taken", /project called team/],
    ["POST", "/groups", { name: "staff" }, 409, "name-taken", /group called staff/],
    ["PATCH", "/users/admin", { systemAdmin: false }, 409, "still-needed", /last system administrator/],
    ["DELETE", "/users/admin", undefined, 409, "still-needed", /last system administrator/],
    ["GET", "/users/ci", undefined, 404, "account-unknown", /name of a robot/],
    ["GET", "/robots/jane", undefined, 404, "account-unknown", /name of a user/],
    ["DELETE", "/users/jane/tokens/1", undefined, 404, "account-unknown", /no access token 1/],
    ["DELETE", "/robots/ci/secrets/1", undefined, 404, "account-unknown", /no secret 1/],
    ["PUT", "/groups/staff/accounts/nobody", undefined, 404, "account-unknown", /no user called nobody/],
    ["DELETE", "/groups/staff/accounts/guest", undefined, 404, "account-unknown", /not in the group/],
    ["GET", "/groups/missing/accounts", undefined, 404, "account-unknown", /no group called/],
    ["PUT", "/projects/team/members/user/ci", { role: "guest" }, 404, "account-unknown", /name of a robot/],
    ["PUT", "/projects/team/members/group/missing", { role: "guest" }, 404, "account-unknown", /no group/],
    ["DELETE", "/projects/team/members/user/jane", undefined, 404, "account-unknown", /no member/],
    ["GET", "/projects/missing/robots", undefined, 404, "account-unknown", /no project/],
    ["POST", "/projects/missing/robots", robotOf("x"), 404, "account-unknown", /no project/],
  ])("%s %s %j answers %i %s", async (method, path, json, status, kind, words) => {
    const answer = await api.api(method, path, asAdmin(json && { json }));
    expect(expectProblem(answer, status, kind)["detail"]).toMatch(words);
  });

  it("is deleting a project that holds a repository", async () => {
    await api.projects.create({ name: "full" });
    const { mediaType, bytes, digest } = imageManifest(Buffer.from("{}"), []);
    const { metadata, now } = api;
    await metadata.manifests.commit({
      ...{
        repository: "full/app",
        digest: parseDigest(digest)!,
        mediaType,
        bytes,
        references: [],
        tags: ["v1"],
        now: now(),
      },
      referencePolicy: "required",
    });
    const answer = await api.api("DELETE", "/projects/full", asAdmin());
    expect(expectProblem(answer, 409, "still-needed")["detail"]).toMatch(/holds repositories/);
  });
});

function robotOf(name: string): object {
  return { name: `${name}-robot`, actions: ["pull"] };
}

describe("a query", () => {
  it.each([
    ["/users?limit=0", "limit"],
    ["/users?limit=1001", "limit"],
    ["/users?limit=ten", "limit"],
    ["/users?limit=1.5", "limit"],
    ["/users?limit=1&limit=2", "limit"],
    [`/users?after=${"x".repeat(301)}`, "after"],
    ["/audit?before=-1", "before"],
    ["/audit?before=x", "before"],
    ["/audit?outcome=maybe", "outcome"],
    ["/me/permissions", "repository"],
  ])("%s is refused because of %s", async (path, place) => {
    const { errors } = expectProblem(await api.api("GET", path, asAdmin()), 400, "input-invalid");
    expect(errors).toMatchObject([{ path: place }]);
  });

  it("for permissions needs the name of a repository", async () => {
    expectProblem(await api.api("GET", "/me/permissions?repository=Team", asAdmin()), 400, "name-invalid");
  });

  it("may hold what nobody asks for", async () => {
    expect((await api.api("GET", "/users?ns=docker.io", asAdmin())).status).toBe(200);
  });
});

describe("an address", () => {
  it.each([
    "/api",
    "/api/",
    "/api/v1",
    "/api/v1/",
    "/api/v2/users",
    "/api/v1/nothing",
    "/api/v1/users/",
    "/api/v1//users",
  ])("that there is not, %s, answers 404", async (path) => {
    const answer = await api.ask("GET", path, asAdmin());
    expectProblem({ ...answer, json: JSON.parse(answer.body.toString()) as never }, 404, "route-unknown");
  });

  it.each([
    ["DELETE", "/users", "HEAD, GET, POST"],
    ["POST", "/users/jane", "HEAD, GET, PATCH, DELETE"],
    ["GET", "/robots/ci/rotate", "POST"],
    ["OPTIONS", "/me", "HEAD, GET"],
  ])("does not take %s at %s, and says what it takes", async (method, path, allow) => {
    const answer = await api.api(method, path, asAdmin());
    expectProblem(answer, 405, "method-unsupported");
    expect(answer.headers.allow).toBe(allow);
  });

  it("takes HEAD where it takes GET", async () => {
    const answer = await api.ask("HEAD", "/api/v1/users", asAdmin());
    expect([answer.status, answer.body.length]).toEqual([200, 0]);
  });

  it.each(["%2e%2e", "%00", "a%2Fb", "%20", "J%C3%BCrgen", "x".repeat(129), "%22", "a%0d%0ab"])(
    "with a name that nobody can have, %s, answers 404",
    async (name) => {
      expectProblem(await api.api("GET", `/users/${name}`, asAdmin()), 404, "account-unknown");
      expectProblem(await api.api("GET", `/projects/${name}`, { as: "guest" }), 404, "account-unknown");
    },
  );

  it("that can't be decoded is no address", async () => {
    const answer = await api.api("GET", "/users/%zz", asAdmin());
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
  });

  it("of the registry keeps the registry's errors", async () => {
    const client = new RegistryClient(api.url);
    const answer = await client.send("GET", "/v2/team/app/tags/list");
    client.close();
    expect(JSON.parse(answer.body.toString())).toMatchObject({ errors: [{ code: "UNAUTHORIZED" }] });
    expect(answer.headers["www-authenticate"]).toMatch(/^Bearer /);
  });
});

describe("whatever is sent", () => {
  const values = fc.oneof(
    fc.jsonValue(),
    fc.string({ unit: "binary" }),
    fc.constantFrom("pull", "2031-01-01T00:00:00Z", "guest", "jane"),
    fc.array(fc.constantFrom("pull", "push", "delete", "")),
    fc.boolean(),
  );
  const known =
    "name password description systemAdmin mayCreateProjects disabled label actions expiresAt public role";
  const bodies = fc.oneof(
    fc.jsonValue(),
    fc.dictionary(fc.oneof(fc.constantFrom(...known.split(" ")), fc.string()), values, { maxKeys: 6 }),
  );
  const names = fc.oneof(
    fc.constantFrom("jane", "ci", "team", "staff"),
    fc.string({ unit: "binary", minLength: 1 }),
  );
  // The credentials of the one who asks stay what they are.
  const routes = adminTable().filter(([, path]) => path !== "/me/password");

  it("never makes the registry fail", { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        ...([fc.constantFrom(...routes), fc.array(names, { minLength: 2, maxLength: 2 }), bodies] as const),
        async ([method, path], [first = "", second = ""], json) => {
          const segments = [first, second].map((name) => encodeURIComponent(name));
          const address = path.replace(/:\w+/g, () => segments.shift() ?? "x");
          const body = method.startsWith("P") ? { json } : {};
          const answer = await api.ask(method, `/api/v1${address}`, asAdmin(body));
          expect(answer.status).toBeLessThan(500);
        },
      ),
      { numRuns: 600 },
    );
    expect(api.log.lines.filter(({ level }) => Number(level) >= 50)).toEqual([]);
  });
});
