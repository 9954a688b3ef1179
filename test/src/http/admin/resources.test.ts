// What the admin API's resources are like: made, shown, changed, gone.
import { describe, expect, it } from "vitest";
import { passwordOf, playIn } from "./cast.ts";
import { serveAdminApi, type Asking, type ServeOptions } from "./serve-admin-api.ts";

async function served(options: ServeOptions = {}) {
  const api = await serveAdminApi(options);
  await playIn(api);
  // One thing happens after the other: what is newest shows by the second.
  const by = (as: string) => (method: string, path: string, json?: unknown) => {
    if (method !== "GET") api.clock.now += 1000;
    return api.api(method, path, { as, json } satisfies Asking);
  };
  return { api, by, admin: by("admin") };
}

/** The first second of the play. */
const now = "2030-01-01T00:00:01.000Z";

describe("what is created", () => {
  it.each<[string, object, string, object]>([
    [
      "/users",
      { name: "joe", password: "a password of joe's", description: "Joe" },
      "/users/joe",
      {
        name: "joe",
        description: "Joe",
        disabled: false,
        systemAdmin: false,
        mayCreateProjects: true,
        hasPassword: true,
      },
    ],
    [
      "/projects",
      { name: "docker.io", public: true },
      "/projects/docker.io",
      { name: "docker.io", description: "", public: true, maxBytes: null, usedBytes: 0 },
    ],
    [
      "/groups",
      { name: "crew", description: "on deck" },
      "/groups/crew",
      { name: "crew", description: "on deck" },
    ],
    [
      "/robots",
      { name: "cd", actions: ["push", "pull", "pull"], mayCreateProjects: true },
      "/robots/cd",
      {
        ...{ name: "cd", description: "", disabled: false, project: null, actions: ["pull", "push"] },
        ...{ mayCreateProjects: true, expiresAt: null },
      },
    ],
    [
      "/projects/team/robots",
      { name: "cd", actions: ["pull"], expiresAt: "2030-02-01T01:00:00+01:00" },
      "/robots/cd",
      {
        ...{ name: "cd", description: "", disabled: false, project: "team", actions: ["pull"] },
        ...{ mayCreateProjects: false, expiresAt: "2030-02-01T00:00:00.000Z" },
      },
    ],
  ])("at %s by %j is at %s", async (path, json, location, expected) => {
    const { admin } = await served();
    const created = await admin("POST", path, json);
    expect(created.status).toBe(201);
    expect(created.headers.location).toBe(`/api/v1${location}`);
    const { secret, ...shown } = created.json;
    expect(secret === undefined).toBe(!location.startsWith("/robots"));
    expect(shown).toEqual({ ...expected, createdAt: now });
    const found = await admin("GET", location);
    expect(found.json).toEqual(shown);
    expect([created.headers["cache-control"], found.headers["cache-control"]]).toEqual([
      "no-store",
      "no-store",
    ]);
    expect((await admin("DELETE", location)).status).toBe(204);
    expect((await admin("GET", location)).status).toBe(404);
  });

  it("is found under the public URL when there is one", async () => {
    const { admin } = await served({ publicUrl: "https://registry.example.com" });
    const { headers } = await admin("POST", "/groups", { name: "crew" });
    expect(headers.location).toBe("https://registry.example.com/api/v1/groups/crew");
  });
});

describe("a change", () => {
  it("of a user leaves what it does not name, and counts at once", async () => {
    const { by, admin } = await served();
    const before = (await admin("GET", "/users/guest")).json;
    const changed = await admin("PATCH", "/users/guest", { systemAdmin: true });
    expect(changed.json).toEqual({ ...before, systemAdmin: true });
    expect((await by("guest")("GET", "/users")).status).toBe(200);
    await admin("PATCH", "/users/guest", { disabled: true });
    expect((await by("guest")("GET", "/me")).status).toBe(401);
  });

  it("of a password opens to the new one alone", async () => {
    const { api, admin } = await served();
    expect((await admin("PUT", "/users/jane/password", { password: "a new password" })).status).toBe(204);
    expect((await api.api("GET", "/me", { as: `jane:${passwordOf("jane")}` })).status).toBe(401);
    expect((await api.api("GET", "/me", { as: "jane:a new password" })).status).toBe(200);
  });

  it("of a robot can set, keep and lift its expiry", async () => {
    const { by } = await served();
    const change = async (json: object) =>
      (await by("maintainer")("PATCH", "/robots/ci", json)).json["expiresAt"];
    const expiresAt = "2030-06-01T00:00:00.000Z";
    expect(await change({ expiresAt })).toBe(expiresAt);
    expect(await change({ description: "still" })).toBe(expiresAt);
    expect(await change({ expiresAt: null })).toBe(null);
  });

  it("of nothing changes nothing", async () => {
    const { admin } = await served();
    const before = (await admin("GET", "/projects/team")).json;
    const answer = await admin("PATCH", "/projects/team", {});
    expect([answer.status, answer.json]).toEqual([200, before]);
  });
});

describe("a robot's secrets", () => {
  it("are two, of which the older goes when a third comes", async () => {
    const { api, by } = await served();
    const maintainer = by("maintainer");
    const first = api.cast.get("robot") ?? "";
    const second = String((await maintainer("POST", "/robots/ci/rotate")).json["secret"]);
    const works = async (secret: string) =>
      (await api.api("GET", "/me", { as: `ci:${secret}` })).status === 200;
    expect([await works(first), await works(second)]).toEqual([true, true]);
    const third = String((await maintainer("POST", "/robots/ci/rotate")).json["secret"]);
    expect([await works(first), await works(second), await works(third)]).toEqual([false, true, true]);
    const { items } = (await maintainer("GET", "/robots/ci/secrets")).json as { items: { id: string }[] };
    expect(items).toHaveLength(2);
    await maintainer("DELETE", `/robots/ci/secrets/${items[0]?.id ?? ""}`);
    expect([await works(second), await works(third)]).toEqual([true, false]);
  });
});

describe("access tokens", () => {
  it("are listed without their secrets, the newest first, and end when they are revoked", async () => {
    const { api, by } = await served();
    const jane = by("jane");
    const wanted = { label: "laptop", actions: ["pull"], expiresAt: "2030-03-01T00:00:00Z" };
    const created = await jane("POST", "/me/tokens", wanted);
    expect(created.headers.location).toBe(`/api/v1/me/tokens/${String(created.json["id"])}`);
    const { secret, ...token } = created.json;
    const expiresAt = "2030-03-01T00:00:00.000Z";
    expect(token).toMatchObject({
      label: "laptop",
      actions: ["pull"],
      createdAt: now,
      expiresAt,
      lastUsedAt: null,
    });
    const { items } = (await jane("GET", "/me/tokens")).json as { items: object[] };
    expect(items[0]).toEqual(token);
    expect(JSON.stringify(items)).not.toContain(secret);
    expect((await api.api("GET", "/me", { as: `jane:${String(secret)}` })).status).toBe(200);
    expect((await jane("DELETE", `/me/tokens/${String(token["id"])}`)).status).toBe(204);
    expect((await api.api("GET", "/me", { as: `jane:${String(secret)}` })).status).toBe(401);
  });

  it("of others can be made, seen and revoked by a system administrator", async () => {
    const { api, admin } = await served();
    const created = await admin("POST", "/users/jane/tokens", { label: "by the admin" });
    const { json } = await api.api("GET", "/me", { as: `jane:${String(created.json["secret"])}` });
    expect(json).toMatchObject({ kind: "user", name: "jane" });
    expect(created.headers.location).toBe(`/api/v1/users/jane/tokens/${String(created.json["id"])}`);
    expect((await admin("DELETE", `/users/jane/tokens/${String(created.json["id"])}`)).status).toBe(204);
  });
});

describe("a project", () => {
  it("has who created it as its maintainer, unless an administrator wants no member", async () => {
    const { by, admin } = await served();
    await by("jane")("POST", "/projects", { name: "janes" });
    await admin("POST", "/projects", { name: "admins" });
    await admin("POST", "/projects", { name: "nobodys", memberless: true });
    const members = async (name: string) => (await admin("GET", `/projects/${name}/members`)).json["items"];
    expect(await members("janes")).toEqual([{ kind: "user", name: "jane", role: "maintainer" }]);
    expect(await members("admins")).toEqual([{ kind: "user", name: "admin", role: "maintainer" }]);
    expect(await members("nobodys")).toEqual([]);
  });

  it("gives and takes roles, also by groups, which count at once", async () => {
    const { by } = await served();
    const [maintainer, outsider, jane] = [by("maintainer"), by("outsider"), by("jane")];
    const mine = async (caller: typeof jane) => (await caller("GET", "/me")).json["roles"];
    expect(await mine(jane)).toEqual([{ project: "team", role: "guest" }]);
    await maintainer("PUT", "/projects/team/members/group/staff", { role: "maintainer" });
    expect(await mine(jane)).toEqual([{ project: "team", role: "maintainer" }]);
    expect((await jane("PUT", "/projects/team/members/user/outsider", { role: "developer" })).status).toBe(
      204,
    );
    expect(await mine(outsider)).toEqual([{ project: "team", role: "developer" }]);
    await maintainer("DELETE", "/projects/team/members/group/staff");
    expect(await mine(jane)).toEqual([]);
  });
});

describe("/me", () => {
  it("tells a user of groups and roles, a robot of its project", async () => {
    const { by } = await served();
    expect((await by("jane")("GET", "/me")).json).toMatchObject({
      ...{ kind: "user", name: "jane", systemAdmin: false, hasPassword: true, groups: ["staff"] },
      roles: [{ project: "team", role: "guest" }],
    });
    expect((await by("robot")("GET", "/me")).json).toMatchObject({
      kind: "robot",
      name: "ci",
      project: "team",
    });
  });

  it.each<[string, string, readonly boolean[]]>([
    ["guest", "team/app", [true, false, false]],
    ["developer", "team/app", [true, true, false]],
    ["maintainer", "team/app", [true, true, true]],
    ["admin", "team/app", [true, true, true]],
    ["outsider", "team/app", [false, false, false]],
    ["outsider", "shop/app", [true, false, false]],
    ["outsider", "new/app", [false, true, false]],
    ["guest", "new/app", [false, false, false]],
    ["robot", "team/deep/app", [true, true, true]],
    ["robot", "shop/app", [true, false, false]],
  ])("permissions tells the %s of %s whether to pull, push, delete", async (as, repository, expected) => {
    const { by } = await served();
    const { json } = await by(as)("GET", `/me/permissions?repository=${repository}`);
    const permissions = json["permissions"] as { action: string; allowed: boolean; reason: string | null }[];
    expect(permissions.map(({ action }) => action)).toEqual(["pull", "push", "delete"]);
    expect(permissions.map(({ allowed }) => allowed)).toEqual(expected);
    for (const { allowed, reason } of permissions) {
      if (allowed) expect(reason).toBeNull();
      else expect(reason).toMatch(/\w/);
    }
  });
});
