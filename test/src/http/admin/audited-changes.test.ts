// Every change by the admin API is in the audit trail when it is acknowledged, also one that failed, and no secret is.
import { describe, expect, it } from "vitest";
import { adminTable } from "../../../../src/http/admin/routes.ts";
import { passwordOf, playIn, losesTag } from "./cast.ts";
import { serveAdminApi } from "./serve-admin-api.ts";

const planted = "correct horse battery staple";

type Change = readonly [
  route: string,
  address: string,
  json: object | undefined,
  action: string,
  target: string,
  detail: string,
];

const passwords = { currentPassword: passwordOf("admin"), newPassword: planted };
const robot = { name: "cd", actions: ["pull"], expiresAt: "2031-01-01T00:00:00+01:00" };
const robotDetail = 'name: cd, actions: ["pull"], expiresAt: 2031-01-01T00:00:00+01:00';
const member = "/projects/:name/members";

// prettier-ignore
const changes: readonly Change[] = [
  ["PUT /me/password", "/me/password", passwords, "user.password", "admin", ""],
  ["POST /me/tokens", "/me/tokens", { label: "laptop" }, "token.create", "admin", "label: laptop"],
  ["DELETE /me/tokens/:id", "/me/tokens/{own}", undefined, "token.revoke", "admin {own}", ""],
  ["POST /users", "/users", { name: "joe", password: planted, systemAdmin: true }, "user.create", "joe", "name: joe, systemAdmin: true"],
  ["PATCH /users/:name", "/users/jane", { disabled: true }, "user.change", "jane", "disabled: true"],
  ["DELETE /users/:name", "/users/jane", undefined, "user.delete", "jane", ""],
  ["PUT /users/:name/password", "/users/jane/password", { password: planted }, "user.password", "jane", ""],
  ["POST /users/:name/tokens", "/users/jane/tokens", { label: "x", actions: ["pull"] }, "token.create", "jane", 'label: x, actions: ["pull"]'],
  ["DELETE /users/:name/tokens/:id", "/users/jane/tokens/{token}", undefined, "token.revoke", "jane {token}", ""],
  ["POST /groups", "/groups", { name: "crew" }, "group.create", "crew", "name: crew"],
  ["DELETE /groups/:name", "/groups/staff", undefined, "group.delete", "staff", ""],
  ["PUT /groups/:name/accounts/:account", "/groups/staff/accounts/guest", undefined, "group.add", "staff guest", ""],
  ["DELETE /groups/:name/accounts/:account", "/groups/staff/accounts/jane", undefined, "group.remove", "staff jane", ""],
  ["POST /projects", "/projects", { name: "fresh", public: true }, "project.create", "fresh", "name: fresh, public: true"],
  ["PATCH /projects/:name", "/projects/team", { public: true }, "project.change", "team", "public: true"],
  ["DELETE /projects/:name", "/projects/team", undefined, "project.delete", "team", ""],
  [`PUT ${member}/user/:member`, "/projects/team/members/user/jane", { role: "guest" }, "member.set", "team user jane", "role: guest"],
  [`DELETE ${member}/user/:member`, "/projects/team/members/user/guest", undefined, "member.remove", "team user guest", ""],
  [`PUT ${member}/group/:member`, "/projects/team/members/group/staff", { role: "developer" }, "member.set", "team group staff", "role: developer"],
  [`DELETE ${member}/group/:member`, "/projects/team/members/group/staff", undefined, "member.remove", "team group staff", ""],
  ["POST /projects/:name/robots", "/projects/team/robots", robot, "robot.create", "cd", `project: team, ${robotDetail}`],
  ["POST /robots", "/robots", robot, "robot.create", "cd", robotDetail],
  ["PATCH /robots/:name", "/robots/ci", { expiresAt: null }, "robot.change", "ci", "expiresAt: null"],
  ["DELETE /robots/:name", "/robots/ci", undefined, "robot.delete", "ci", ""],
  ["POST /robots/:name/rotate", "/robots/ci/rotate", undefined, "robot.rotate", "ci", ""],
  ["DELETE /mirror/images", "/mirror/images?repository=registry.k8s.io/pause&tag=3.10", undefined, "mirror.purge", "registry.k8s.io/pause:3.10", ""],
  ["POST /mirror/pins", "/mirror/pins", { pattern: "quay.io/**" }, "mirror.pin", "quay.io/**", ""],
  ["DELETE /mirror/pins", "/mirror/pins?pattern=docker.io/library/*:1", undefined, "mirror.unpin", "docker.io/library/*:1", ""],
  ["POST /mirror/preloads", "/mirror/preloads", { images: ["alpine"], platforms: ["linux/arm64"] }, "mirror.preload", "alpine", "linux/arm64"],
  ["POST /gc/runs", "/gc/runs", { full: true }, "gc.run", "what nothing needs", "full: true"],
  ["POST /retention/runs", "/retention/runs", { repository: "team/app" }, "retention.run", "team/app", "repository: team/app"],
  ["POST /tags/restore", "/tags/restore?repository=team/app&tag=gone", {}, "tag.restore", "team/app:gone", ""],
  ["POST /fsck/runs", "/fsck/runs", { repair: true }, "fsck.run", "the store", "repair: true, digests: false"],
  ["DELETE /robots/:name/secrets/:id", "/robots/ci/secrets/{secret}", undefined, "robot.secret.delete", "ci {secret}", ""],
];

async function served() {
  const api = await serveAdminApi();
  const { ids } = await playIn(api);
  const own = (await api.tokens.create("admin", { label: "own" })).token.id;
  const fill = (text: string) => text.replace(/{(\w+)}/g, (_, name: string) => ({ ...ids, own })[name] ?? "");
  const newest = async () => (await api.access.audit.list({ limit: 1 })).entries[0];
  return { api, fill, newest };
}

describe("a change", () => {
  it("stands in this table for every row of the registry's that makes one", () => {
    const served = adminTable().filter(([method]) => method !== "GET");
    expect(changes.map(([route]) => route).toSorted()).toEqual(
      served.map(([method, path]) => `${method} ${path}`).toSorted(),
    );
    expect(served.filter(([, , , { action }]) => action === undefined)).toEqual([]);
  });

  it.each(changes)("by %s %s %j is written down", async (route, address, json, action, target, detail) => {
    const { api, fill, newest } = await served();
    if (address.includes("tag=gone")) await losesTag(api);
    const [method = ""] = route.split(" ");
    const headers = { "x-request-id": "the-change" };
    const answer = await api.api(method, fill(address), { as: "admin", json, headers });
    expect(answer.status).toBeLessThan(300);
    expect(await newest()).toMatchObject({
      ...{ actor: "admin", action, target: fill(target), outcome: "allowed", detail },
      ...{ address: "127.0.0.1", requestId: "the-change", at: api.now() },
    });
    const written = JSON.stringify([(await api.access.audit.list({ limit: 100 })).entries, api.log.lines]);
    const { secret = planted } = answer.json as { secret?: string };
    const secrets = [secret, planted, passwordOf("admin"), ...api.cast.values()];
    expect(secrets.filter((text) => written.includes(text))).toEqual([]);
  });

  it.each<[string, string, object | undefined, string, RegExp]>([
    ["POST", "/users", { name: "jane", password: planted }, "user.create", /called jane already/],
    ["PATCH", "/users/admin", { systemAdmin: false }, "user.change", /last system administrator/],
    ["DELETE", "/groups/missing", undefined, "group.delete", /no group called missing/],
    ["PUT", "/me/password", { ...passwords, currentPassword: "wrong" }, "user.password", /current password/],
    ["POST", "/projects", { name: "Fresh" }, "project.create", /choose a project name/],
  ])("that failed, %s %s %j, is written down with the reason", async (method, path, json, action, words) => {
    const { api, newest } = await served();
    const answer = await api.api(method, path, { as: "admin", json });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    const entry = await newest();
    expect(entry).toMatchObject({ actor: "admin", action, outcome: "failed" });
    expect(entry?.detail).toMatch(words);
    expect(JSON.stringify(entry)).not.toContain(planted);
  });

  it("that is no request for one is not written down", async () => {
    const { api, newest } = await served();
    const before = await newest();
    await api.api("POST", "/users", { as: "admin", json: { name: 1 } });
    await api.api("GET", "/users", { as: "admin" });
    expect(await newest()).toEqual(before);
  });

  it("with a secret in the place of its id leaves no trace of it in the trail", async () => {
    const { api } = await served();
    const secret = api.cast.get("admin") ?? "";
    expect((await api.api("DELETE", `/me/tokens/${secret}`, { as: "admin" })).status).toBe(404);
    await api.trail.close();
    expect(JSON.stringify((await api.access.audit.list({ limit: 100 })).entries)).not.toContain(secret);
  });

  it("is not acknowledged when the trail can't be written", async () => {
    const api = await serveAdminApi({ audit: { append: () => Promise.reject(new Error("no space left")) } });
    await playIn(api);
    const answer = await api.api("POST", "/users", { as: "admin", json: { name: "joe" } });
    expect(answer.json).toMatchObject({ status: 500, type: "urn:berth:problem:internal" });
  });
});
