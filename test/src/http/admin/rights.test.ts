// Who may do what on the admin API: every row of its table, by everybody whom the rules tell apart.
import { describe, expect, it } from "vitest";
import { adminTable } from "../../../../src/http/admin/routes.ts";
import { callers, losesTag, passwordOf, playIn } from "./cast.ts";
import { serveAdminApi, type AdminApi } from "./serve-admin-api.ts";

type Statuses = readonly [
  anonymous: number,
  robot: number,
  outsider: number,
  guest: number,
  developer: number,
  maintainer: number,
  admin: number,
];

/** `{…}` in an address is filled in with an id of the cast's. */
type Row = readonly [route: string, address: string, json: unknown, ...Statuses];

const robot = { name: "cd", actions: ["pull"] };
const password = { password: "another password" };

// prettier-ignore
const rows: readonly Row[] = [
  ["GET /openapi.json", "/openapi.json", undefined,                                200, 200, 200, 200, 200, 200, 200],

  ["GET /me", "/me", undefined,                                                    401, 200, 200, 200, 200, 200, 200],
  ["PUT /me/password", "/me/password", "own",                                      401, 403, 204, 204, 204, 204, 204],
  ["GET /me/tokens", "/me/tokens", undefined,                                      401, 403, 200, 200, 200, 200, 200],
  ["POST /me/tokens", "/me/tokens", { label: "mine" },                             401, 403, 201, 201, 201, 201, 201],
  ["DELETE /me/tokens/:id", "/me/tokens/{own}", undefined,                         401, 403, 204, 204, 204, 204, 204],
  ["DELETE /me/tokens/:id", "/me/tokens/{token}", undefined,                       401, 403, 404, 404, 404, 404, 404],
  ["GET /me/permissions", "/me/permissions?repository=team/app", undefined,        401, 200, 200, 200, 200, 200, 200],

  ["GET /users", "/users", undefined,                                              401, 403, 403, 403, 403, 403, 200],
  ["POST /users", "/users", { name: "joe" },                                       401, 403, 403, 403, 403, 403, 201],
  ["GET /users/:name", "/users/jane", undefined,                                   401, 403, 403, 403, 403, 403, 200],
  ["GET /users/:name", "/users/nobody", undefined,                                 401, 403, 403, 403, 403, 403, 404],
  ["PATCH /users/:name", "/users/jane", { disabled: true },                        401, 403, 403, 403, 403, 403, 200],
  ["DELETE /users/:name", "/users/jane", undefined,                                401, 403, 403, 403, 403, 403, 204],
  ["PUT /users/:name/password", "/users/jane/password", password,                  401, 403, 403, 403, 403, 403, 204],
  ["GET /users/:name/tokens", "/users/jane/tokens", undefined,                     401, 403, 403, 403, 403, 403, 200],
  ["POST /users/:name/tokens", "/users/jane/tokens", { label: "x" },               401, 403, 403, 403, 403, 403, 201],
  ["DELETE /users/:name/tokens/:id", "/users/jane/tokens/{token}", undefined,      401, 403, 403, 403, 403, 403, 204],

  ["GET /groups", "/groups", undefined,                                            401, 403, 403, 403, 403, 403, 200],
  ["POST /groups", "/groups", { name: "crew" },                                    401, 403, 403, 403, 403, 403, 201],
  ["GET /groups/:name", "/groups/staff", undefined,                                401, 403, 403, 403, 403, 403, 200],
  ["DELETE /groups/:name", "/groups/staff", undefined,                             401, 403, 403, 403, 403, 403, 204],
  ["GET /groups/:name/accounts", "/groups/staff/accounts", undefined,              401, 403, 403, 403, 403, 403, 200],
  ["PUT /groups/:name/accounts/:account", "/groups/staff/accounts/guest", undefined,
                                                                                   401, 403, 403, 403, 403, 403, 204],
  ["DELETE /groups/:name/accounts/:account", "/groups/staff/accounts/jane", undefined,
                                                                                   401, 403, 403, 403, 403, 403, 204],

  ["GET /projects", "/projects", undefined,                                        401, 200, 200, 200, 200, 200, 200],
  ["POST /projects", "/projects", { name: "fresh" },                               401, 403, 201, 403, 201, 201, 201],
  ["POST /projects", "/projects", { name: "fresh", memberless: true },             401, 403, 403, 403, 403, 403, 201],
  ["GET /projects/:name", "/projects/team", undefined,                             401, 403, 403, 200, 200, 200, 200],
  ["GET /projects/:name", "/projects/shop", undefined,                             401, 403, 200, 200, 200, 200, 200],
  ["GET /projects/:name", "/projects/missing", undefined,                          401, 403, 403, 403, 403, 403, 404],
  ["PATCH /projects/:name", "/projects/team", { public: true },                    401, 403, 403, 403, 403, 200, 200],
  ["PATCH /projects/:name", "/projects/shop", { public: false },                   401, 403, 403, 403, 403, 403, 200],
  ["DELETE /projects/:name", "/projects/team", undefined,                          401, 403, 403, 403, 403, 204, 204],
  ["GET /projects/:name/members", "/projects/team/members", undefined,             401, 403, 403, 403, 403, 200, 200],
  ["GET /projects/:name/members", "/projects/shop/members", undefined,             401, 403, 403, 403, 403, 403, 200],
  ["PUT /projects/:name/members/user/:member", "/projects/team/members/user/jane", { role: "developer" },
                                                                                   401, 403, 403, 403, 403, 204, 204],
  ["DELETE /projects/:name/members/user/:member", "/projects/team/members/user/guest", undefined,
                                                                                   401, 403, 403, 403, 403, 204, 204],
  ["PUT /projects/:name/members/group/:member", "/projects/team/members/group/staff", { role: "developer" },
                                                                                   401, 403, 403, 403, 403, 204, 204],
  ["DELETE /projects/:name/members/group/:member", "/projects/team/members/group/staff", undefined,
                                                                                   401, 403, 403, 403, 403, 204, 204],
  ["GET /projects/:name/robots", "/projects/team/robots", undefined,               401, 403, 403, 403, 403, 200, 200],
  ["POST /projects/:name/robots", "/projects/team/robots", robot,                  401, 403, 403, 403, 403, 201, 201],
  ["POST /projects/:name/robots", "/projects/shop/robots", robot,                  401, 403, 403, 403, 403, 403, 201],

  ["GET /robots", "/robots", undefined,                                            401, 403, 403, 403, 403, 403, 200],
  ["POST /robots", "/robots", robot,                                               401, 403, 403, 403, 403, 403, 201],
  ["GET /robots/:name", "/robots/ci", undefined,                                   401, 403, 403, 403, 403, 200, 200],
  ["GET /robots/:name", "/robots/everywhere", undefined,                           401, 403, 403, 403, 403, 403, 200],
  ["GET /robots/:name", "/robots/missing", undefined,                              401, 403, 403, 403, 403, 403, 404],
  ["PATCH /robots/:name", "/robots/ci", { actions: ["pull"] },                     401, 403, 403, 403, 403, 200, 200],
  ["PATCH /robots/:name", "/robots/everywhere", { actions: ["pull"] },             401, 403, 403, 403, 403, 403, 200],
  ["DELETE /robots/:name", "/robots/ci", undefined,                                401, 403, 403, 403, 403, 204, 204],
  ["DELETE /robots/:name", "/robots/everywhere", undefined,                        401, 403, 403, 403, 403, 403, 204],
  ["POST /robots/:name/rotate", "/robots/ci/rotate", undefined,                    401, 403, 403, 403, 403, 200, 200],
  ["POST /robots/:name/rotate", "/robots/everywhere/rotate", undefined,            401, 403, 403, 403, 403, 403, 200],
  ["GET /robots/:name/secrets", "/robots/ci/secrets", undefined,                   401, 403, 403, 403, 403, 200, 200],
  ["GET /robots/:name/secrets", "/robots/everywhere/secrets", undefined,           401, 403, 403, 403, 403, 403, 200],
  ["DELETE /robots/:name/secrets/:id", "/robots/ci/secrets/{secret}", undefined,   401, 403, 403, 403, 403, 204, 204],

  ["GET /mirror/usage", "/mirror/usage", undefined,
                                                                                   401, 403, 403, 403, 403, 403, 200],
  ["GET /mirror/repositories", "/mirror/repositories", undefined,
                                                                                   401, 403, 403, 403, 403, 403, 200],
  ["GET /mirror/images", "/mirror/images?repository=registry.k8s.io/pause", undefined,
                                                                                   401, 403, 403, 403, 403, 403, 200],
  ["DELETE /mirror/images", "/mirror/images?repository=registry.k8s.io/pause&tag=3.10", undefined,
                                                                                   401, 403, 403, 403, 403, 403, 200],
  ["DELETE /mirror/images", "/mirror/images?repository=registry.k8s.io/none", undefined,
                                                                                   401, 403, 403, 403, 403, 403, 404],
  ["GET /mirror/pins", "/mirror/pins", undefined,
                                                                                   401, 403, 403, 403, 403, 403, 200],
  ["POST /mirror/pins", "/mirror/pins", { pattern: "quay.io/**" },
                                                                                   401, 403, 403, 403, 403, 403, 204],
  ["DELETE /mirror/pins", "/mirror/pins?pattern=docker.io/library/*:1", undefined,
                                                                                   401, 403, 403, 403, 403, 403, 204],
  ["DELETE /mirror/pins", "/mirror/pins?pattern=quay.io/**", undefined,
                                                                                   401, 403, 403, 403, 403, 403, 404],
  ["GET /mirror/preloads", "/mirror/preloads", undefined,
                                                                                   401, 403, 403, 403, 403, 403, 200],
  ["POST /mirror/preloads", "/mirror/preloads", { images: ["alpine"] },
                                                                                   401, 403, 403, 403, 403, 403, 201],
  ["GET /mirror/preloads/:id", "/mirror/preloads/{preload}", undefined,
                                                                                   401, 403, 403, 403, 403, 403, 200],
  ["GET /mirror/preloads/:id", "/mirror/preloads/none", undefined,
                                                                                   401, 403, 403, 403, 403, 403, 404],

  ["GET /gc", "/gc", undefined,                                                    401, 403, 403, 403, 403, 403, 200],
  ["GET /gc/plan", "/gc/plan", undefined,                                          401, 403, 403, 403, 403, 403, 200],
  ["POST /gc/runs", "/gc/runs", {},                                                401, 403, 403, 403, 403, 403, 200],
  ["GET /fsck", "/fsck", undefined,                                                401, 403, 403, 403, 403, 403, 200],
  ["POST /fsck/runs", "/fsck/runs", {},                                            401, 403, 403, 403, 403, 403, 200],

  ["GET /retention", "/retention", undefined,                                      401, 403, 403, 403, 403, 403, 200],
  ["GET /retention/plan", "/retention/plan", undefined,                            401, 403, 403, 403, 403, 403, 200],
  ["POST /retention/runs", "/retention/runs", {},                                  401, 403, 403, 403, 403, 403, 200],
  ["GET /tags/history", "/tags/history?repository=team/app", undefined,            401, 200, 403, 200, 200, 200, 200],
  ["GET /tags/history", "/tags/history?repository=team/app&tag=gone", undefined,   401, 200, 403, 200, 200, 200, 200],
  ["GET /tags/history", "/tags/history?repository=shop/app", undefined,            200, 200, 200, 200, 200, 200, 200],
  ["GET /tags/history", "/tags/history", undefined,                                400, 400, 400, 400, 400, 400, 400],
  ["GET /tags/history", "/tags/history?repository=team/app&repository=shop/app", undefined,
                                                                                   400, 400, 400, 400, 400, 400, 400],
  ["POST /tags/restore", "/tags/restore?repository=team/app&tag=gone", {},         401, 200, 403, 403, 200, 200, 200],
  ["POST /tags/restore", "/tags/restore?repository=team/app&tag=never", {},        401, 404, 403, 403, 404, 404, 404],

  ["GET /audit", "/audit", undefined,                                              401, 403, 403, 403, 403, 403, 200],
];

/** The one who asks as the row has it. A change that succeeds is the last thing that its registry sees. */
async function statusFor(
  [route, address, json]: Row,
  caller: string,
  api: AdminApi,
  ids: Record<string, string>,
) {
  const [method = ""] = route.split(" ");
  const path = address.replace(/{(\w+)}/g, (_, name: string) => ids[name] ?? "none");
  const body =
    json === "own" ? { currentPassword: passwordOf(caller), newPassword: "another password" } : json;
  const answer = await api.ask(method, `/api/v1${path}`, {
    ...(caller !== "anonymous" && { as: caller }),
    ...(body !== undefined && {
      body: JSON.stringify(body),
      headers: { "content-type": "application/json" },
    }),
  });
  return answer.status;
}

describe("a right on the admin API", () => {
  it("stands in this table for every row of the registry's", () => {
    const tested = new Set(rows.map(([route]) => route));
    const served = adminTable().map(([method, path]) => `${method} ${path}`);
    expect([...tested].toSorted()).toEqual(served.toSorted());
  });

  it.each(rows.map((row) => [row[0], row[1], row] as const))("decides %s for %s", async (_, __, row) => {
    const [, , , ...expected] = row;
    const found: number[] = [];
    let stage: { api: AdminApi; ids: Record<string, string> } | undefined;
    for (const caller of callers) {
      if (stage === undefined) {
        const api = await serveAdminApi();
        stage = { api, ids: { ...(await playIn(api)).ids } };
        if (row[1].includes("tag=gone")) await losesTag(api);
      }
      if (caller !== "anonymous" && caller !== "robot" && row[1].includes("{own}")) {
        stage.ids["own"] = (await stage.api.tokens.create(caller, { label: "own" })).token.id;
      }
      const status = await statusFor(row, caller, stage.api, stage.ids);
      found.push(status);
      if (status < 300 && !row[0].startsWith("GET")) stage = undefined;
    }
    expect(found).toEqual(expected);
  });
});
