// Upload sessions of others, and one's own after what gave the right to it is gone. To everybody but whoever opened it
// there is no such session (REQ-14).
import { describe, expect, it } from "vitest";
import { useAccounts, type Member } from "../../../support/accounts-registry.ts";
import type { Answer } from "../../../support/http-request.ts";
import { digestOf, randomBlob } from "../../../support/images.ts";
import { expectError } from "../../../support/oci-answer.ts";

const use = useAccounts();
const methods = ["GET", "HEAD", "PATCH", "PUT", "DELETE"] as const;
const content = randomBlob();
const put = `?digest=${digestOf(content)}`;
const pushSecret = "repository:secret/app:pull,push";
const minute = 60_000;

interface Attempt {
  readonly as?: Member;
  readonly bearer?: string;
  readonly path: string;
}

const act = (method: string, { path, ...who }: Attempt): Promise<Answer> =>
  use().ask(method, method === "PUT" ? path + put : path, {
    ...who,
    ...(method.startsWith("P") && { body: content }),
  });

/** Also that nothing came of it: whoever opened the session finds it as it was. */
async function expectNoSession(attempt: Attempt, own: string, owner: Member): Promise<void> {
  for (const method of methods) {
    const answer = await act(method, attempt);
    expect(answer.status, method).toBe(404);
    if (method !== "HEAD") expectError(answer, 404, "BLOB_UPLOAD_UNKNOWN");
  }
  const state = await use().ask("GET", own, { as: owner });
  expect([state.status, state.headers["range"]]).toEqual([204, "0-0"]);
}

const intruders: readonly Member[] = [
  "admin",
  "maintainer",
  "guest",
  "outsider",
  "creator",
  "robot",
  "everywhere",
  "limited",
];

describe(`${(intruders.length + 7) * methods.length} attacks: the upload session of a developer`, () => {
  it.each(intruders)("is not there for %s, by access token or by signed token", async (as) => {
    const own = await use().startUpload("developer", "secret/app");
    await expectNoSession({ as, path: own }, own, "developer");
    const bearer = await use().tokenOf(as, pushSecret);
    await expectNoSession({ bearer, path: own }, own, "developer");
  });

  it("is not there for whoever holds an anonymous token", async () => {
    const own = await use().startUpload("developer", "secret/app");
    const bearer = await use().tokenOf(undefined, "repository:open/app:pull", pushSecret);
    await expectNoSession({ bearer, path: own }, own, "developer");
  });

  it("gives whoever shows nothing the challenge that every session gives", async () => {
    const own = await use().startUpload("developer", "secret/app");
    const none = own.replace(/[^/]+$/, "7a1b7a5e-0000-4000-8000-000000000000");
    for (const method of methods) {
      const [there, missing] = [await act(method, { path: own }), await act(method, { path: none })];
      expect([there.status, missing.status]).toEqual([401, 401]);
      expect(there.headers["www-authenticate"]).toBe(missing.headers["www-authenticate"]);
    }
    expect((await use().ask("GET", own, { as: "developer" })).status).toBe(204);
  });

  it.each(["secret/other", "secret/app/app", "secret", "open/app", "absent/app"])(
    "is not there under the path of %s, not even for whoever opened it",
    async (repository) => {
      const own = await use().startUpload("admin", "secret/app");
      await expectNoSession({ as: "admin", path: own.replace("secret/app", repository) }, own, "admin");
    },
  );
});

describe(`${4 * methods.length} attacks: an expired token`, () => {
  it("finishes the session that its holder opened, and opens no other", async () => {
    const bearer = await use().tokenOf("developer", pushSecret);
    const [own, others] = [
      await use().startUpload("developer", "secret/app"),
      await use().startUpload("maintainer", "secret/app"),
    ];
    use().clock.ahead = 10 * minute;
    try {
      await expectNoSession({ bearer, path: others }, others, "maintainer");
      expect((await act("GET", { bearer, path: own })).status).toBe(204);
      expect((await act("PATCH", { bearer, path: own })).status).toBe(202);
      expect((await act("PUT", { bearer, path: own })).status).toBe(400);
    } finally {
      use().clock.ahead = 0;
    }
  });

  it("without push on the repository finishes nothing", async () => {
    const bearer = await use().tokenOf("developer", "repository:secret/app:pull");
    const own = await use().startUpload("developer", "secret/app");
    use().clock.ahead = 10 * minute;
    try {
      for (const method of methods) expect((await act(method, { bearer, path: own })).status).toBe(401);
    } finally {
      use().clock.ahead = 0;
    }
  });

  it.each([
    ["GET", "/v2/"],
    ["GET", "/v2/secret/app/manifests/v1"],
    ["PUT", "/v2/secret/app/manifests/v2"],
    ["POST", "/v2/secret/app/blobs/uploads/"],
    ["POST", `/v2/secret/app/blobs/uploads/${put}`],
    ["GET", "/v2/open/app/manifests/v1"],
    ["GET", "/v2/_catalog"],
  ])("is of no use for %s %s", async (method, path) => {
    const bearer = await use().tokenOf("developer", pushSecret, "repository:open/app:pull");
    use().clock.ahead = 10 * minute;
    try {
      const answer = await use().ask(method, path, { bearer });
      expectError(answer, 401, "UNAUTHORIZED");
      expect(answer.headers["www-authenticate"]).toMatch(/error="invalid_token"$/);
    } finally {
      use().clock.ahead = 0;
    }
  });
});

/** What takes the right away, and what the next request on the session may get. */
const ends: Readonly<Record<string, (name: string) => Promise<unknown>>> = {
  "disabling the account": (name) => use().administer("PATCH", `/users/${name}`, { disabled: true }),
  "deleting the account": (name) => use().administer("DELETE", `/users/${name}`),
  "taking the role away": (name) => use().administer("DELETE", `/projects/secret/members/user/${name}`),
  "making the role a guest's": (name) =>
    use().administer("PUT", `/projects/secret/members/user/${name}`, { role: "guest" }),
};

describe(`${Object.keys(ends).length * methods.length} attacks: a session that goes on after`, () => {
  it.each(Object.entries(ends))("%s is refused before long", async (what, end) => {
    const name = `worker${Object.keys(ends).indexOf(what)}`;
    await use().administer("POST", "/users", { name });
    await use().administer("PUT", `/projects/secret/members/user/${name}`, { role: "developer" });
    const { secret } = (await use().administer("POST", `/users/${name}/tokens`, { label: "x" })) as {
      secret: string;
    };
    const authorization = `Basic ${Buffer.from(`${name}:${secret}`).toString("base64")}`;
    const ask = (method: string, path: string) =>
      use().ask(method, method === "PUT" ? path + put : path, {
        headers: { authorization },
        ...(method.startsWith("P") && { body: content }),
      });
    const opened = await ask("POST", "/v2/secret/app/blobs/uploads/");
    const own = opened.headers.location ?? "";
    expect((await ask("GET", own)).status).toBe(204);
    await end(name);
    await expect
      .poll(async () => (await ask("GET", own)).status, { interval: 50 })
      .toBeGreaterThanOrEqual(400);
    for (const method of methods) expect([401, 403, 404]).toContain((await ask(method, own)).status);
    expect([401, 403]).toContain((await ask("POST", "/v2/secret/app/blobs/uploads/")).status);
  });
});
