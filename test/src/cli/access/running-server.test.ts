// Commands beside a server on the same data: it sees what they change, and they see what it changes.
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { startRegistry } from "../../../support/start-registry.ts";
import { registryAtHand } from "../registry-at-hand.ts";

const adminPassword = "the password of admin";

async function servedRegistry() {
  const registry = await startRegistry({ env: { BERTH_AUTH_MODE: "accounts" }, adminPassword });
  onTestFinished(() => registry.close());
  const { berth, json } = await registryAtHand({ data: registry.dataDirectory, now: Date.now });
  const ask = (name: string, secret: string, path: string, init: RequestInit = {}) =>
    fetch(`${registry.url}${path}`, {
      ...init,
      headers: {
        authorization: `Basic ${Buffer.from(`${name}:${secret}`).toString("base64")}`,
        "content-type": "application/json",
      },
    });
  const statusOf = async (...asking: Parameters<typeof ask>) => (await ask(...asking)).status;
  return { berth, json, ask, statusOf };
}

/** The server reads the access revision every second. */
const soon = { timeout: 20_000, interval: 100 };

describe("a running server", () => {
  it("takes a robot that was just made, and its new secret, and none that was ended", async () => {
    const { berth, json, statusOf } = await servedRegistry();
    await json("project add team");
    const first = (await berth("robot add ci --project team --allow pull")).output.trim();
    expect(await statusOf("ci", first, "/v2/")).toBe(200);
    const second = (await berth("robot rotate ci")).output.trim();
    expect(await statusOf("ci", second, "/v2/")).toBe(200);
    expect(await statusOf("ci", first, "/v2/")).toBe(200);
    const { secrets } = (await json("robot show ci")) as { secrets: { id: string }[] };
    await json(`robot revoke ci ${secrets[1]?.id ?? ""}`);
    await vi.waitUntil(async () => (await statusOf("ci", first, "/v2/")) === 401, soon);
    expect(await statusOf("ci", second, "/v2/")).toBe(200);
  });

  it("lets nobody in who was disabled, and lets them in again", async () => {
    const { json, statusOf } = await servedRegistry();
    await json("user add jane --password-stdin", { piped: "the password of jane" });
    expect(await statusOf("jane", "the password of jane", "/v2/")).toBe(200);
    await json("user set jane --disable");
    await vi.waitUntil(async () => (await statusOf("jane", "the password of jane", "/v2/")) === 401, soon);
    await json("user set jane --enable");
    await vi.waitUntil(async () => (await statusOf("jane", "the password of jane", "/v2/")) === 200, soon);
  });

  it("and the command line tell the same of what either did", async () => {
    const { json, ask } = await servedRegistry();
    const body = JSON.stringify({ name: "jane", password: "the password of jane" });
    expect((await ask("admin", adminPassword, "/api/v1/users", { method: "POST", body })).status).toBe(201);
    await json("robot add ci --allow pull --expires 2099-01-31");
    await json("project add team --public");
    await json("project member set team jane --role guest");
    await json("token add jane --label laptop --allow pull");
    for (const [words, path] of [
      ["user list", "/users"],
      ["robot list", "/robots"],
      ["project list", "/projects"],
      ["project member list team", "/projects/team/members"],
      ["token list jane", "/users/jane/tokens"],
    ] as const) {
      const { items } = (await (await ask("admin", adminPassword, `/api/v1${path}`)).json()) as {
        items: unknown;
      };
      expect(await json(words)).toEqual(items);
    }
    const trail = (await json("audit")) as { actor: string; action: string }[];
    expect(trail.map(({ actor, action }) => `${actor} ${action}`)).toEqual(
      expect.arrayContaining(["admin user.create", "cli:operator robot.create"]),
    );
  });
});
