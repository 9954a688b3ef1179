// What a refusal of the admin API says, and what it does not: nobody learns from one what there is.
import { describe, expect, it } from "vitest";
import { adminTable } from "../../../../src/http/admin/routes.ts";
import { passwordOf, playIn } from "./cast.ts";
import { serveAdminApi, type AdminApi, type JsonAnswer } from "./serve-admin-api.ts";
import { TestHtpasswd } from "../../../auth/authenticators/open-logins.ts";

async function served() {
  const api = await serveAdminApi();
  await playIn(api);
  return api;
}

/** Everything of an answer but what differs from one request to the next. */
function comparable({ status, rawHeaders, body }: JsonAnswer): string {
  const requestId = /"requestId":"[^"]+"/;
  const headers = rawHeaders
    .join("\n")
    .replace(/x-request-id\n.*/i, "")
    .replace(/date\n.*/i, "");
  return `${status}\n${headers}\n${body.toString("utf8").replace(requestId, "")}`;
}

const hidden = adminTable()
  .filter(([, path]) => /^\/(projects|robots)\/:name/.test(path))
  .map(([method, path]) => ({
    method,
    path: path.replace(":name", "hidden").replace(":member", "jane").replace(":id", "1"),
  }));

describe("a refusal", () => {
  it.each(["anonymous", "robot", "outsider", "maintainer"])(
    "to %s is the same, byte for byte, whether a project or a robot exists or not",
    async (caller) => {
      const [with_, without] = [await served(), await served()];
      await with_.projects.create({ name: "hidden" });
      const robots = [
        { name: "hidden", project: "hidden", actions: ["pull"] },
        { name: "hidden", actions: ["pull"] },
      ];
      for (const robot of robots) {
        await with_.robots.create(robot);
        for (const { method, path } of hidden) {
          const asking = {
            ...(caller !== "anonymous" && { as: caller }),
            ...(method.startsWith("P") && { json: {} }),
          };
          const [there, missing] = [
            await with_.api(method, path, asking),
            await without.api(method, path, asking),
          ];
          expect(there.status).toBe(caller === "anonymous" ? 401 : 403);
          expect(comparable(there)).toBe(comparable(missing));
        }
        await with_.robots.delete("hidden");
      }
    },
  );

  it("to whoever shows nothing asks for a name and a password", async () => {
    const api = await served();
    for (const path of ["/me", "/users", "/projects/team", "/robots/ci", "/audit"]) {
      const answer = await api.api("GET", path);
      expect(answer.status).toBe(401);
      expect(answer.headers["www-authenticate"]).toBe('Basic realm="berth"');
      expect(answer.headers["content-type"]).toMatch(/^application\/problem\+json/);
      expect(answer.json).toMatchObject({ type: "urn:berth:problem:unauthorized", status: 401 });
    }
  });

  it.each([
    ["a wrong password", "jane:not it, at all"],
    ["an unknown name", "nobody:a password"],
    ["another's access token", "jane:{maintainer}"],
  ])("of %s says why, and asks for better", async (_, as) => {
    const api = await served();
    const credentials = as.replace("{maintainer}", api.cast.get("maintainer") ?? "");
    const answer = await api.api("GET", "/me", { as: credentials });
    expect(answer.status).toBe(401);
    expect(answer.headers["www-authenticate"]).toBe('Basic realm="berth"');
    expect(answer.json["detail"]).toMatch(/\w/);
  });

  it("of a token for pulls and pushes asks for a name and a password", async () => {
    const api = await served();
    const answer = await api.api("GET", "/me", { headers: { authorization: "Bearer maintainer" } });
    expect(answer.status).toBe(401);
    expect(answer.headers["www-authenticate"]).toBe('Basic realm="berth"');
  });

  it("tells which right is missing, and is written to the audit trail", async () => {
    const api = await served();
    const answer = await api.api("PATCH", "/projects/team", { as: "developer", json: { public: true } });
    expect(answer.json).toMatchObject({
      type: "urn:berth:problem:denied",
      status: 403,
      detail: "you are not a maintainer of project team, or it does not exist",
    });
    await api.trail.close();
    const { entries } = await api.access.audit.list({ limit: 1 });
    expect(entries).toMatchObject([
      { actor: "developer", action: "access", target: "administer team", outcome: "refused" },
    ]);
  });

  it("comes before the body is looked at", async () => {
    const api = await served();
    const answer = await api.ask("POST", "/api/v1/users", { as: "guest", body: "not JSON" });
    expect(answer.status).toBe(403);
  });
});

describe("an access token that is limited to actions on repositories", () => {
  it.each(["/me", "/me/tokens", "/me/permissions?repository=team/app", "/projects"])(
    "reads %s",
    async (path) => {
      const api = await served();
      expect((await api.api("GET", path, { as: "limited" })).status).toBe(200);
    },
  );

  it.each([
    ["POST", "/me/tokens", { label: "without limits" }],
    ["DELETE", "/me/tokens/1", undefined],
    ["PUT", "/me/password", { currentPassword: passwordOf("maintainer"), newPassword: "another password" }],
    ["POST", "/projects", { name: "fresh" }],
    ["PATCH", "/projects/team", { public: true }],
    ["GET", "/projects/team/members", undefined],
    ["POST", "/robots/ci/rotate", undefined],
  ])("does not get through to %s %s, though its owner does", async (method, path, json) => {
    const api = await served();
    const answer = await api.api(method, path, { as: "limited", json });
    expect(answer.status).toBe(403);
    expect(answer.json["detail"]).toMatch(/limited/);
  });

  it("does not count in what the caller may do", async () => {
    const api = await served();
    const { json } = await api.api("GET", "/me/permissions?repository=team/app", { as: "limited" });
    expect(json["permissions"]).toMatchObject([
      { action: "pull", allowed: true, reason: null },
      { action: "push", allowed: false, reason: expect.stringMatching(/limited/) as string },
      { action: "delete", allowed: false, reason: expect.stringMatching(/limited/) as string },
    ]);
  });
});

describe("a browser", () => {
  it.each([
    ["cross-site", 403],
    ["same-site", 200],
    ["same-origin", 200],
    ["none", 200],
  ])("that says %s of a change gets %i", async (site, status) => {
    const api = await served();
    const headers = { "sec-fetch-site": site };
    const answer = await api.api("POST", "/robots/ci/rotate", { as: "admin", headers });
    expect(answer.status).toBe(status);
  });
});

describe("a browser that says only where its page is from", () => {
  it.each<[string, (host: string) => string, number]>([
    ["of another host", () => "https://evil.example", 403],
    ["of another port", () => "http://127.0.0.1:1", 403],
    ["that hides where it is from", () => "null", 403],
    ["that is no address", () => "evil", 403],
    ["of this registry", (host) => `http://${host}`, 200],
    ["of this registry behind a proxy with TLS", (host) => `https://${host}`, 200],
  ])("changes nothing for a page unless it is ours: one %s", async (_, pageAt, status) => {
    const api = await served();
    const headers = { host: "registry.example:5000", origin: pageAt("registry.example:5000") };
    const answer = await api.api("POST", "/robots/ci/rotate", { as: "admin", headers });
    expect(answer.status).toBe(status);
  });
});

describe("changing one's own password", () => {
  const change = (api: AdminApi, currentPassword: string) =>
    api.api("PUT", "/me/password", {
      as: "guest",
      json: { currentPassword, newPassword: "another password" },
    });

  it("ends what the old one opened", async () => {
    const api = await served();
    expect((await change(api, passwordOf("guest"))).status).toBe(204);
    expect((await api.api("GET", "/me", { as: `guest:${passwordOf("guest")}` })).status).toBe(401);
    expect((await api.api("GET", "/me", { as: "guest:another password" })).status).toBe(200);
  });

  it("needs the current one, which neither an access token nor another's password is", async () => {
    const api = await served();
    for (const shown of ["not it, at all", passwordOf("developer"), api.cast.get("guest") ?? "", ""]) {
      const answer = await change(api, shown);
      expect(answer.json).toMatchObject({ status: 403, detail: "the current password is not right" });
    }
    expect((await api.api("GET", "/me", { as: `guest:${passwordOf("guest")}` })).status).toBe(200);
  });

  it("is not for those whose password is in the htpasswd file: it would outlive their line", async () => {
    const htpasswd = new TestHtpasswd();
    htpasswd.set("newcomer", "in the file");
    const api = await serveAdminApi({ htpasswd });
    await playIn(api);
    const json = { currentPassword: "in the file", newPassword: "another password" };
    const as = "newcomer:in the file";
    const answer = await api.api("PUT", "/me/password", { as, json });
    expect(answer.json).toMatchObject({
      status: 403,
      detail: "your password is kept elsewhere: change it there",
    });
    htpasswd.set("newcomer", undefined);
    for (const password of ["in the file", "another password"]) {
      expect((await api.api("GET", "/me", { as: `newcomer:${password}` })).status).toBe(401);
    }
  });

  it("can't be used to try passwords without end", async () => {
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const api = await serveAdminApi({ sleep: () => released });
    await playIn(api);
    for (let attempt = 0; attempt < 5; attempt++) await change(api, `wrong password ${attempt}`);
    const waiting = Array.from({ length: 30 }, (_, index) => change(api, `wrong again ${index}`));
    const refused = await Promise.race(waiting);
    expect(refused.json).toMatchObject({ status: 429, type: "urn:berth:problem:too-many-attempts" });
    expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
    release();
    expect((await Promise.all(waiting)).every(({ status }) => status === 429 || status === 403)).toBe(true);
  });
});
