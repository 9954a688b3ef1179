// The admin API by those for whom it is not: every route by robots, limited access tokens, signed tokens and outsiders,
// and the ways by which somebody with some rights would give themselves more.
import { describe, expect, it } from "vitest";
import { adminTable } from "../../../../src/http/admin/routes.ts";
import {
  basic,
  passwordOf,
  useAccounts,
  type Asking,
  type Member,
} from "../../../support/accounts-registry.ts";
import { jsonOf } from "../../../support/oci-answer.ts";

const use = useAccounts();
const everything = ["repository:secret/app:*", "repository:open/app:*", "registry:catalog:*"];

const routes = adminTable()
  .map(([method, path]) => ({ method, path }))
  .filter(({ path }) => path !== "/openapi.json");

/** Each names something that none of them has a right to. */
const address = (path: string): string =>
  "/api/v1" +
  path
    .replace(/^\/projects\/:name/, "/projects/secret")
    .replace(/^\/groups\/:name/, "/groups/crew")
    .replace(/^\/robots\/:name/, "/robots/everywhere")
    .replace(":name", "admin")
    .replace(":member", "outsider")
    .replace(":account", "outsider")
    .replace(":id", "1")
    .replace(/^\/tags\/.*/, "$&?repository=elsewhere/app&tag=v1");

const who: Readonly<Record<string, () => Promise<Asking> | Asking>> = {
  nobody: () => ({}),
  "an administrator's signed token": async () => ({ bearer: await use().tokenOf("admin", ...everything) }),
  "a maintainer's signed token": async () => ({ bearer: await use().tokenOf("maintainer", ...everything) }),
  "a robot's signed token": async () => ({ bearer: await use().tokenOf("robot", ...everything) }),
  "an anonymous token": async () => ({ bearer: await use().tokenOf(undefined, ...everything) }),
  "a token that is none": () => ({ bearer: "x.y.z" }),
  "an administrator's name and another's secret": () => ({
    headers: { authorization: basic("admin", use().secretOf("guest")) },
  }),
};

describe(`${Object.keys(who).length * routes.length} attacks: the admin API`, () => {
  it.each(Object.entries(who))("opens no route to %s", async (what, credentials) => {
    const sending = await credentials();
    for (const { method, path } of routes) {
      const json = method.startsWith("P") ? { json: {} } : {};
      const answer = await use().ask(method, address(path), { ...sending, ...json });
      expect([what, method, path, [401, 403].includes(answer.status)]).toEqual([what, method, path, true]);
      if (answer.status === 401) expect(answer.headers["www-authenticate"]).toBe('Basic realm="berth"');
      expect(answer.headers["content-type"]).toMatch(/^application\/problem\+json/);
      use().expectSilence(answer, sending.bearer);
    }
  });
});

/** What these may read is their own: nothing that changes something, and nothing of others. */
const own = /^\/(me|me\/tokens|me\/permissions|projects)$/;
const others = routes.filter(({ method, path }) => method !== "GET" || !own.test(path));
const weak: readonly Member[] = ["robot", "everywhere", "limited"];

/** Bodies that are good, where they are looked at before it is asked who sends them: one's own matters. */
const acceptable: Readonly<Record<string, object>> = {
  "/me/password": { currentPassword: passwordOf("guest"), newPassword: "another password" },
  "/me/tokens": { label: "mine" },
  "/projects": { name: "fresh" },
};

describe(`${weak.length * others.length} attacks: what only people may, all of them`, () => {
  it.each(weak)("is refused to %s", async (as) => {
    for (const { method, path } of others) {
      const json = method.startsWith("P") ? { json: acceptable[path] ?? {} } : {};
      const answer = await use().ask(method, address(path), { as, ...json });
      // a maintainer sees the project, by whatever token
      const isSeen = as === "limited" && `${method} ${path}` === "GET /projects/:name";
      // this one may do everything in repositories, so it may ask for their tags
      const isItsOwn = as === "everywhere" && path.startsWith("/tags/");
      expect([as, method, path, answer.status === 403 || isSeen || isItsOwn]).toEqual([
        as,
        method,
        path,
        true,
      ]);
    }
  });
});

const maintainers: readonly (readonly [attack: string, method: string, path: string, json?: object])[] = [
  ["become an administrator", "PATCH", "/users/maintainer", { systemAdmin: true }],
  ["make an administrator", "POST", "/users", { name: "mine", systemAdmin: true }],
  ["take an administrator's password", "PUT", "/users/admin/password", { password: "another password" }],
  ["make an administrator's access token", "POST", "/users/admin/tokens", { label: "mine" }],
  ["make a robot for every project", "POST", "/robots", { name: "mine", actions: ["pull"] }],
  ["make a robot of another project", "POST", "/projects/open/robots", { name: "mine", actions: ["pull"] }],
  ["take a robot for every project over", "POST", "/robots/everywhere/rotate"],
  ["read another project's members", "GET", "/projects/open/members"],
  ["join another project", "PUT", "/projects/open/members/user/maintainer", { role: "maintainer" }],
  ["hide another project", "PATCH", "/projects/open", { public: false }],
  ["delete another project", "DELETE", "/projects/open"],
  ["make a project without members", "POST", "/projects", { name: "mine", memberless: true }],
  ["read the audit trail", "GET", "/audit"],
  ["disable an administrator", "PATCH", "/users/admin", { disabled: true }],
  ["delete an administrator", "DELETE", "/users/admin"],
  ["join a group", "PUT", "/groups/crew/accounts/maintainer"],
];

describe(`${maintainers.length} attacks: a maintainer who would`, () => {
  const attempts = maintainers.map(([attack, method, path, json]) => ({ attack, method, path, json }));

  it.each(attempts)("$attack is refused", async ({ method, path, json }) => {
    const answer = await use().ask(method, `/api/v1${path}`, { as: "maintainer", ...(json && { json }) });
    expect(answer.status).toBe(403);
  });
});

const bodies: readonly (readonly [attack: string, method: string, path: string, json: object])[] = [
  [
    "a robot that administers",
    "POST",
    "/projects/secret/robots",
    { name: "r1", actions: ["pull"], systemAdmin: true },
  ],
  [
    "a robot of another project",
    "POST",
    "/projects/secret/robots",
    { name: "r2", actions: ["pull"], project: "open" },
  ],
  [
    "a robot that makes projects",
    "POST",
    "/projects/secret/robots",
    { name: "r3", actions: ["pull"], mayCreateProjects: true },
  ],
  ["a robot that may everything", "POST", "/projects/secret/robots", { name: "r4", actions: ["*"] }],
  [
    "a robot's secret of one's choice",
    "POST",
    "/projects/secret/robots",
    { name: "r5", actions: ["pull"], secret: "x" },
  ],
  ["an owner's role", "PUT", "/projects/secret/members/user/guest", { role: "admin" }],
  ["an access token of another", "POST", "/me/tokens", { label: "x", name: "admin" }],
  ["an access token that administers", "POST", "/me/tokens", { label: "x", actions: ["pull", "administer"] }],
  ["a project of another's", "PATCH", "/projects/secret", { name: "open" }],
];

describe(`${bodies.length + 1} attacks: a maintainer who asks for`, () => {
  it.each(bodies)("%s gets a refusal of the whole", async (_, method, path, json) => {
    const answer = await use().ask(method, `/api/v1${path}`, { as: "maintainer", json });
    expect(answer.status).toBe(400);
  });

  it("a prototype of another kind changes nobody", async () => {
    const body =
      '{"label":"x","__proto__":{"systemAdmin":true},"constructor":{"prototype":{"systemAdmin":true}}}';
    const headers = { "content-type": "application/json" };
    const answer = await use().ask("POST", "/api/v1/me/tokens", {
      as: "maintainer",
      body,
      headers,
      issues: true,
    });
    expect([201, 400]).toContain(answer.status);
    expect(Reflect.get({}, "systemAdmin")).toBeUndefined();
    expect(jsonOf(await use().ask("GET", "/api/v1/me", { as: "maintainer" }))).toMatchObject({
      systemAdmin: false,
    });
  });
});

const paths = [
  "/api/v1/users/admin%2ftokens",
  "/api/v1/users/../users",
  "/api/v1/me/../users",
  "/api/v1/projects/open/../../users",
  "/api/v1/projects/secret%2f..%2f..%2fusers",
  "/api/v1//users",
  "/api//v1/users",
  "/api/v1/users/",
  "/API/v1/users",
  "/api/v1/USERS",
  "/api/v1/openapi.json/../users",
  "/api/v1/users%00",
  "/api/v1/users;x",
  "/api/v1/%75sers",
];

describe(`${paths.length} attacks: the address`, () => {
  it.each(paths)("%s shows a maintainer no users", async (path) => {
    const answer = await use().ask("GET", path, { as: "maintainer" });
    expect([400, 403, 404]).toContain(answer.status);
    expect(answer.body.includes("outsider")).toBe(false);
  });
});

describe("4 attacks: a secret in place of an id", () => {
  it.each(["/me/tokens/", "/users/guest/tokens/", "/robots/", "/robots/robot/secrets/"])(
    "at %s is neither repeated nor written down",
    async (path) => {
      const secret = use().secretOf("guest");
      const answer = await use().ask("DELETE", `/api/v1${path}${secret}`, { as: "admin" });
      expect(answer.status).toBe(404);
      expect(JSON.stringify(await use().administer("GET", "/audit?limit=1000"))).not.toContain(secret);
    },
  );
});
