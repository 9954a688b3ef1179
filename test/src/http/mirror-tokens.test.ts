// With accounts: a token opens what its scope's spelling leads to and nothing else, and whoever comes with the credentials of
// another registry gets what is public (REQ-47).
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AccountsRegistry, basic, type Member } from "../../support/accounts-registry.ts";
import type { Answer } from "../../support/http-request.ts";
import { jsonOf } from "../../support/oci-answer.ts";
import { startFakeUpstream, type FakeUpstream } from "../../support/upstream/fake-upstream.ts";

let upstream: FakeUpstream;
let berth: AccountsRegistry;

beforeAll(async () => {
  upstream = await startFakeUpstream();
  for (const name of ["library/alpine", "library/own", "team/app"]) upstream.addImage(name, "v1");
  const upstreams = [
    { host: "docker.io", url: upstream.url },
    { host: "private.example.com", url: upstream.url, prefixes: ["private"], anonymous: false },
  ];
  berth = await AccountsRegistry.start({
    BERTH_UPSTREAMS: JSON.stringify(upstreams),
    BERTH_MIRROR: JSON.stringify({ default: "docker.io" }),
  });
  await berth.pushImage("admin", "library/own", "v1");
});
afterAll(async () => {
  await berth.close();
  await upstream.close();
});

const pull = "pull";
const scopeOf = (name: string, actions = pull) => `repository:${name}:${actions}`;
const accessIn = (token: string): unknown => {
  const [, payload = ""] = token.split(".");
  return (JSON.parse(Buffer.from(payload, "base64url").toString()) as { access: unknown }).access;
};
const granted = (name: string, ...actions: string[]) => ({ type: "repository", name, actions });

/** Each of the three repositories, in the order theirs, private, ours, and whether this token opens it. */
const opened = async (token: string) => {
  const statuses = [];
  for (const path of [
    "/v2/docker.io/library/alpine/manifests/v1",
    "/v2/library/alpine/manifests/v1?ns=docker.io",
    "/v2/alpine/manifests/v1",
    "/v2/private.example.com/team/app/manifests/v1",
    "/v2/library/own/manifests/v1",
  ]) {
    statuses.push((await berth.ask("GET", path, { bearer: token })).status);
  }
  return statuses;
};

describe("a token for", () => {
  it.each<[string, Member | undefined, object, number[]]>([
    [
      "docker.io/library/alpine",
      undefined,
      granted("docker.io/library/alpine", pull),
      [200, 200, 200, 401, 401],
    ],
    ["docker.io/alpine", undefined, granted("docker.io/library/alpine", pull), [200, 200, 200, 401, 401]],
    ["library/alpine", undefined, granted("docker.io/library/alpine", pull), [200, 200, 200, 401, 401]],
    ["library/alpine", "admin", granted("docker.io/library/alpine", pull), [200, 200, 200, 401, 401]],
    ["alpine", undefined, granted("docker.io/library/alpine", pull), [200, 200, 200, 401, 401]],
    ["library/own", "admin", granted("library/own", pull), [401, 401, 401, 401, 200]],
    ["docker.io/library/own", "admin", granted("docker.io/library/own", pull), [401, 401, 401, 401, 401]],
    ["private/team/app", "admin", granted("private.example.com/team/app", pull), [401, 401, 401, 200, 401]],
  ])("%s, asked for by %s, opens that alone", async (name, as, access, statuses) => {
    const token = await berth.tokenOf(as, scopeOf(name));
    expect(accessIn(token)).toEqual([access]);
    expect(await opened(token)).toEqual(statuses);
  });

  it("a push without an upstream's name is for a repository of our own", async () => {
    const token = await berth.tokenOf("admin", scopeOf("library/alpine", "pull,push"));
    expect(accessIn(token)).toEqual([granted("library/alpine", "pull", "push")]);
    expect(await opened(token)).toEqual([401, 401, 401, 401, 401]);
  });

  it("the same repository in two spellings, as containerd asks, names it once", async () => {
    const token = await berth.tokenOf(
      undefined,
      scopeOf("library/alpine"),
      scopeOf("docker.io/library/alpine"),
    );
    expect(accessIn(token)).toEqual([granted("docker.io/library/alpine", pull)]);
  });

  it("what is not public carries nothing of it for those without a right", async () => {
    for (const as of [undefined, "outsider"] as const) {
      expect(accessIn(await berth.tokenOf(as, scopeOf("private/team/app")))).toEqual([]);
    }
  });
});

describe("a challenge", () => {
  it.each([
    ["/v2/private/team/app/manifests/v1", "private.example.com/team/app"],
    ["/private/v2/team/app/manifests/v1", "private.example.com/team/app"],
    ["/v2/team/app/manifests/v1?ns=private.example.com", "private.example.com/team/app"],
    ["/v2/library/own/manifests/v1", "library/own"],
  ])("on %s asks for %s", async (path, name) => {
    const answer = await berth.ask("GET", path);
    expect(answer.status).toBe(401);
    expect(answer.headers["www-authenticate"]).toContain(`scope="repository:${name}:pull"`);
  });
});

/** What docker, a kubelet and people send to a mirror: a password of somebody else's registry, or a wrong one. */
const foreign = {
  "docker that is logged in to Hub": basic("hubuser", "dckr_pat_foreign"),
  "a kubelet with the secret of another registry": basic("_json_key", '{"type":"service_account"}'),
  "a wrong password of somebody here": basic("guest", "not the password"),
} as const;

const tokenWith = (authorization: string, ...scopes: string[]): Promise<Answer> => {
  const query = scopes.map((scope) => `scope=${encodeURIComponent(scope)}`).join("&");
  return berth.ask("GET", `/token?${query}`, { headers: { authorization }, issues: true });
};

describe.each(Object.entries(foreign))("%s", (_, authorization) => {
  it("gets what is public, at once or by a token", async () => {
    const headers = { authorization };
    for (const path of ["/v2/alpine/manifests/v1", "/v2/library/alpine/manifests/v1?ns=docker.io"]) {
      expect((await berth.ask("GET", path, { headers })).status).toBe(200);
    }
    const answer = await tokenWith(authorization, scopeOf("library/alpine"), scopeOf("private/team/app"));
    expect(answer.status).toBe(200);
    const { token } = jsonOf(answer) as { token: string };
    expect(accessIn(token)).toEqual([granted("docker.io/library/alpine", pull)]);
    expect(await opened(token)).toEqual([200, 200, 200, 401, 401]);
  });

  it("gets nothing else, and can't log in", async () => {
    for (const scopes of [
      [],
      [scopeOf("private/team/app")],
      [scopeOf("library/own")],
      [scopeOf("library/alpine", "pull,push")],
      [scopeOf("library/alpine"), "registry:catalog:*"],
    ]) {
      expect([scopes, (await tokenWith(authorization, ...scopes)).status]).toEqual([scopes, 401]);
    }
    const { status } = await berth.ask("GET", "/v2/private/team/app/manifests/v1", {
      headers: { authorization },
    });
    expect(status).toBe(401);
  });
});

describe("what mirrors", () => {
  it("can't be pushed to by an administrator either, and is no project that people make or change", async () => {
    const push = await berth.ask("POST", "/v2/docker.io/library/alpine/blobs/uploads/", { as: "admin" });
    expect(push.status).toBe(405);
    for (const [method, path, json] of [
      ["POST", "/projects", { name: "private" }],
      ["PATCH", "/projects/docker.io", { public: false }],
      ["DELETE", "/projects/docker.io", undefined],
    ] as const) {
      const answer = await berth.ask(method, `/api/v1${path}`, { as: "admin", json });
      expect([method, answer.status]).toEqual([method, 400]);
      expect(answer.body.toString()).toMatch(/configuration|leads to an upstream/);
    }
    expect(await berth.administer("GET", "/projects/docker.io")).toMatchObject({ public: true });
    expect(await berth.administer("GET", "/projects/private.example.com")).toMatchObject({ public: false });
  });

  it("is open to members of its project and to robots of it, where it is not to all", async () => {
    const path = "/v2/private/team/app/manifests/v1";
    expect((await berth.ask("GET", path, { as: "guest" })).status).toBe(403);
    await berth.administer("PUT", "/projects/private.example.com/members/user/guest", { role: "guest" });
    expect((await berth.ask("GET", path, { as: "guest" })).status).toBe(200);
    const robot = { name: "node", actions: ["pull"] };
    const made = await berth.administer("POST", "/projects/private.example.com/robots", robot);
    const authorization = basic("node", (made as { secret: string }).secret);
    expect((await berth.ask("GET", path, { headers: { authorization } })).status).toBe(200);
  });
});
