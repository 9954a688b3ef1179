// POST /token as nobody should send it: other types, other grants, what is missing or there twice, secrets of another
// kind in place of a refresh token, and refresh tokens after what they rested on is gone.
import { describe, expect, it } from "vitest";
import { basic, passwordOf, useAccounts } from "../../../support/accounts-registry.ts";
import type { Answer } from "../../../support/http-request.ts";
import { expectError, jsonOf } from "../../../support/oci-answer.ts";

const use = useAccounts({ BERTH_HTTP_TRUSTED_PROXIES: '["loopback"]' });
const formType = "application/x-www-form-urlencoded";
const password = (name: string) => `grant_type=password&username=${name}&password=${passwordOf(name)}`;
const scope = "&scope=repository:secret/app:pull";

const post = (body: string | Buffer, type: string | undefined = formType): Promise<Answer> =>
  use().ask("POST", "/token", { body, headers: type === "" ? {} : { "content-type": type }, issues: true });

const carriedBy = (answer: Answer): unknown => {
  const { token } = jsonOf(answer) as { token: string };
  return (JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as { access: unknown })
    .access;
};

const unreadable: readonly (readonly [
  attack: string,
  body: string | Buffer,
  type: string,
  status: number,
])[] = [
  ["in JSON", JSON.stringify({ grant_type: "password", username: "guest" }), "application/json", 400],
  ["in a multipart body", "--x\r\n\r\n", "multipart/form-data; boundary=x", 400],
  ["of no type", password("guest"), "", 400],
  ["of a type that begins alike", password("guest"), `${formType}x`, 400],
  ["of two types", password("guest"), `text/plain, ${formType}`, 400],
  ["that is empty", "", formType, 400],
  ["without a grant", "username=guest&password=x", formType, 400],
  ["with an empty grant", "grant_type=&username=guest&password=x", formType, 400],
  ["with a grant in upper case", "grant_type=PASSWORD&username=guest&password=x", formType, 400],
  ["by client_credentials", "grant_type=client_credentials", formType, 400],
  ["by authorization_code", "grant_type=authorization_code&code=x", formType, 400],
  ["by implicit", "grant_type=implicit", formType, 400],
  ["by a JWT bearer", "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=x", formType, 400],
  ["with a member of an object as the grant", "grant_type=__proto__", formType, 400],
  ["without a name", "grant_type=password&password=x", formType, 400],
  ["without a password", "grant_type=password&username=guest", formType, 400],
  ["without a refresh token", "grant_type=refresh_token", formType, 400],
  ["as PHP writes arrays", "grant_type[]=password&username[]=guest&password[]=x", formType, 400],
  ["of 65 KB", `${password("guest")}&x=${"x".repeat(65_536)}`, formType, 413],
  ["of 10 MB", Buffer.alloc(10_000_000, "a"), formType, 413],
  ["of bytes that are no text", Buffer.from([0xff, 0xfe, 0x00, 0x26, 0x3d]), formType, 400],
  ["of 60,000 fields", "&".repeat(60_000), formType, 400],
];

describe(`${unreadable.length} attacks: a form`, () => {
  it.each(unreadable)("%s gives no token", async (_, body, type, status) => {
    const answer = await post(body, type);
    expectError(answer, status, status === 413 ? "SIZE_INVALID" : "UNSUPPORTED");
    use().expectSilence(answer);
  });
});

describe("5 attacks: a field that is there twice", () => {
  it.each([
    ["the grant", "grant_type=nonsense&grant_type=password&username=guest&password=x", 400],
    ["the name", `${password("guest")}&username=admin`, 200],
    [
      "another's name before",
      `grant_type=password&username=admin&username=guest&password=${passwordOf("guest")}`,
      401,
    ],
    ["the password", `${password("guest")}&password=${passwordOf("admin")}`, 200],
    [
      "a wrong password before",
      `grant_type=password&username=guest&password=x&password=${passwordOf("guest")}`,
      401,
    ],
  ])("%s counts the first time, and is never mixed", async (_, body, status) => {
    const answer = await post(`${body}&scope=repository:secret/app:pull,push,delete`);
    expect(answer.status).toBe(status);
    if (status === 200) expect(carriedBy(answer)).toMatchObject([{ actions: ["pull"] }]);
  });
});

async function refreshTokenOf(name: string, secret = passwordOf(name)): Promise<string> {
  const body = `grant_type=password&username=${name}&password=${encodeURIComponent(secret)}&access_type=offline`;
  const answer = await post(body);
  return (jsonOf(answer) as { refresh_token: string }).refresh_token;
}

const redeem = (token: string) =>
  post(`grant_type=refresh_token&refresh_token=${encodeURIComponent(token)}${scope}`);

const others: Readonly<Record<string, () => Promise<string> | string>> = {
  "an access token": () => use().secretOf("guest"),
  "an administrator's access token": () => use().secretOf("admin"),
  "a robot's secret": () => use().secretOf("robot"),
  "a signed token": () => use().tokenOf("guest", "repository:secret/app:pull"),
  "a password": () => passwordOf("guest"),
  "a made-up refresh token": () => `berth_refresh_${"0".repeat(33)}`,
  "a cut refresh token": async () => (await refreshTokenOf("guest")).slice(0, -1),
  "a refresh token in upper case": async () => (await refreshTokenOf("guest")).toUpperCase(),
  "a refresh token twice": async () => (await refreshTokenOf("guest")).repeat(2),
  "a refresh token and a NUL": async () => `${await refreshTokenOf("guest")}\0`,
  "an access token in a refresh token's clothes": () =>
    use().secretOf("guest").replace("berth_pat_", "berth_refresh_"),
  nothing: () => "",
  "a LIKE pattern": () => "berth_refresh_%",
};

describe(`${Object.keys(others).length} attacks: in place of a refresh token`, () => {
  it.each(Object.entries(others))("%s gives no token", async (_, made) => {
    const secret = await made();
    const answer = await redeem(secret);
    expectError(answer, 401, "UNAUTHORIZED");
    use().expectSilence(answer, secret);
  });
});

describe("4 attacks: a refresh token", () => {
  it("shown as anything else is nothing", async () => {
    const token = await refreshTokenOf("guest");
    for (const authorization of [`Bearer ${token}`, basic("guest", token), basic("", token)]) {
      for (const path of ["/v2/", "/api/v1/me", "/token"]) {
        const answer = await use().ask("GET", path, { headers: { authorization } });
        expect(answer.status).toBe(401);
        use().expectSilence(answer, token);
      }
    }
  });

  it("is given for a password alone, not for secrets that can be revoked one by one", async () => {
    for (const [name, member] of [
      ["guest", "guest"],
      ["maintainer", "limited"],
      ["robot", "robot"],
    ] as const) {
      expect(await refreshTokenOf(name, use().secretOf(member))).toBeUndefined();
      const query = "/token?offline_token=true&account=x";
      const answer = await use().ask("GET", query, { as: member, issues: true });
      expect(jsonOf(answer)).not.toHaveProperty("refresh_token");
    }
  });

  it("gives its holder's rights as they are now, and no more", async () => {
    const token = await refreshTokenOf("guest");
    const ask = () =>
      post(`grant_type=refresh_token&refresh_token=${token}&scope=repository:secret/app:pull,push,delete`);
    expect(carriedBy(await ask())).toMatchObject([{ actions: ["pull"] }]);
    await use().administer("DELETE", "/projects/secret/members/user/guest");
    expect(carriedBy(await ask())).toEqual([]);
    await use().administer("PUT", "/projects/secret/members/user/guest", { role: "guest" });
  });

  it("ends in time", async () => {
    const token = await refreshTokenOf("guest");
    use().clock.ahead = 91 * 86_400_000;
    const answer = await redeem(token);
    use().clock.ahead = 0;
    expectError(answer, 401, "UNAUTHORIZED");
  });
});

const ends: Readonly<Record<string, (name: string) => Promise<unknown>>> = {
  "its password was changed": (name) =>
    use().administer("PUT", `/users/${name}/password`, { password: "another password" }),
  "its password was set to the same": (name) =>
    use().administer("PUT", `/users/${name}/password`, { password: passwordOf(name) }),
  "its account was disabled": (name) => use().administer("PATCH", `/users/${name}`, { disabled: true }),
  "its account was deleted": (name) => use().administer("DELETE", `/users/${name}`),
  "its account was deleted and made again": async (name) => {
    await use().administer("DELETE", `/users/${name}`);
    await use().administer("POST", "/users", { name, password: passwordOf(name) });
  },
};

describe(`${Object.keys(ends).length} attacks: a refresh token after`, () => {
  it.each(Object.entries(ends))("%s is worth nothing", async (what, end) => {
    const name = `holder${Object.keys(ends).indexOf(what)}`;
    await use().administer("POST", "/users", { name, password: passwordOf(name) });
    const token = await refreshTokenOf(name);
    expect((await redeem(token)).status).toBe(200);
    await end(name);
    const answer = await redeem(token);
    expectError(answer, 401, "UNAUTHORIZED");
    use().expectSilence(answer, token);
  });
});

/** A public pull by whoever shows something foreign is anonymous (REQ-47): nothing else may come out of it. */
const foreign: readonly (readonly [attack: string, scopes: string, status: number])[] = [
  ["what is public", "repository:open/app:pull", 200],
  ["what is public, and what is not", "repository:open/app:pull repository:secret/app:pull", 200],
  ["to push to what is public", "repository:open/app:pull,push", 401],
  ["nothing", "", 401],
  ["the catalog", "registry:catalog:*", 401],
  ["what is public, and the catalog", "repository:open/app:pull registry:catalog:*", 401],
  ["a name that begins in what is public", "repository:open/../secret/app:pull", 401],
  ["a name of no repository in what is public", "repository:open/APP:pull", 401],
  ["a very long name in what is public", `repository:open/${"a".repeat(30_000)}:pull`, 401],
];

describe(`${foreign.length} attacks: a wrong password asking for`, () => {
  it.each(foreign)("%s gets no more than anybody", async (what, scopes, status) => {
    const address = `192.0.2.${foreign.findIndex(([attack]) => attack === what) + 1}`;
    const answer = await use().ask("GET", `/token?scope=${encodeURIComponent(scopes)}`, {
      headers: { authorization: basic("guest", "a foreign password"), "x-forwarded-for": address },
      issues: true,
    });
    expect(answer.status).toBe(status);
    if (status !== 200) return use().expectSilence(answer, "a foreign password");
    expect(carriedBy(answer)).toEqual([{ type: "repository", name: "open/app", actions: ["pull"] }]);
    const { token } = jsonOf(answer) as { token: string };
    expect((await use().ask("GET", "/v2/secret/app/tags/list", { bearer: token })).status).toBe(401);
  });
});
