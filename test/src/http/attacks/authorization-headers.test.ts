// Authorization headers that nobody should send, and secrets in the wrong place. None opens anything, none breaks
// anything, and none is repeated, neither in the answer nor in the audit trail.
import { beforeAll, describe, expect, it } from "vitest";
import { basic, useAccounts } from "../../../support/accounts-registry.ts";
import { jsonOf } from "../../../support/oci-answer.ts";
import { exchange, parseAnswer } from "../../../support/raw-socket.ts";

/** Each attack comes from an address of its own, so that no throttle hides what the header does. */
const use = useAccounts({ BERTH_HTTP_TRUSTED_PROXIES: '["loopback"]' });
const names = () => Object.keys(values);
const guest = () => use().basicOf("guest");
const encoded = (text: string | Buffer) => Buffer.from(text).toString("base64");
let token = "";

beforeAll(async () => {
  token = await use().tokenOf("guest", "repository:secret/app:pull");
});

const values: Readonly<Record<string, () => string>> = {
  "Basic without anything": () => "Basic",
  "Basic and a space": () => "Basic ",
  "Basic without a colon": () => `Basic ${encoded("guest")}`,
  "Basic with a NUL in the name": () => `Basic ${encoded(`guest\0:${use().secretOf("guest")}`)}`,
  "Basic with a NUL before the secret": () => `Basic ${encoded(`guest:\0${use().secretOf("guest")}`)}`,
  "Basic with a newline behind the secret": () => `Basic ${encoded(`guest:${use().secretOf("guest")}\n`)}`,
  "Basic with the name in upper case": () => basic("GUEST", use().secretOf("guest")),
  "Basic with a space before the name": () => basic(" guest", use().secretOf("guest")),
  "Basic with a fullwidth name": () => basic("ｇuest", use().secretOf("guest")),
  "Basic with another's secret": () => basic("guest", use().secretOf("admin")),
  "Basic with a secret and no name": () => basic("", use().secretOf("guest")),
  "Basic with a name and no secret": () => basic("admin", ""),
  "Basic with name and secret swapped": () => basic(use().secretOf("guest"), "guest"),
  "Basic with the secret twice": () => basic("guest", use().secretOf("guest").repeat(2)),
  "Basic with a signed token": () => basic("guest", token),
  "Basic with a LIKE pattern": () => basic("%", "%"),
  "Basic with SQL": () => basic("admin' --", "' OR '1'='1"),
  "Basic with a member of an object": () => basic("__proto__", "constructor"),
  "Basic in base64 that is none": () => "Basic !!!!",
  "Basic in half of base64": () => guest().slice(0, guest().length / 2),
  "Basic not in base64": () => `Basic guest:${use().secretOf("guest")}`,
  "Basic with bytes that are no UTF-8": () => `Basic ${encoded(Buffer.from([0xff, 0xfe, 0x3a, 0xff]))}`,
  "Basic of 45 KB": () => basic("x".repeat(20_000), "y".repeat(14_000)),
  "Basic of 45 KB with a good name": () => basic("guest", "y".repeat(34_000)),
  "Basic and a comma": () => `${guest()},`,
  "Basic and another Basic": () => `${guest()}, ${guest()}`,
  "Basic in two words": () => guest().replace(/.{8}$/, " $&"),
  "Bearer without anything": () => "Bearer",
  "Bearer with a space within": () => `Bearer ${token.replace(".", " .")}`,
  "Bearer with a comma": () => `Bearer ${token},`,
  "Bearer with two tokens": () => `Bearer ${token} ${token}`,
  "Bearer with quotes": () => `Bearer "${token}"`,
  "Bearer with a name": () => `Bearer token=${token}`,
  "Bearer with Basic's value": () => `Bearer ${guest().slice(6)}`,
  "Bearer of 60 KB": () => `Bearer ${"x".repeat(60_000)}`,
  "Bearer of 60 KB of dots": () => `Bearer ${".".repeat(60_000)}`,
  "Bearer with a cut secret": () => `Bearer ${use().secretOf("guest").slice(0, -1)}`,
  "a token without a scheme": () => token,
  "a secret without a scheme": () => use().secretOf("guest"),
  "a scheme run together": () => `Bearer${token}`,
  "a tab behind the scheme": () => `Bearer\t${token}`,
  Negotiate: () => "Negotiate YIIabc==",
  NTLM: () => "NTLM TlRMTVNTUAABAAAA",
  Digest: () => 'Digest username="admin", realm="berth", response="x"',
  "AWS4-HMAC-SHA256": () => "AWS4-HMAC-SHA256 Credential=x, Signature=y",
  "a scheme with a NUL's neighbour": () => `\x01Bearer ${token}`,
  nothing: () => "",
  "a comma": () => ",",
  "10,000 spaces": () => `Basic${" ".repeat(10_000)}x`,
};

/** What was shown, in each form that an answer might repeat. */
const shown = (value: string) => {
  const [, word = ""] = value.split(" ");
  return [value, word, Buffer.from(word, "base64").toString("latin1").split(":")[1]];
};

describe(`${Object.keys(values).length * 4} attacks: an Authorization header with`, () => {
  it.each(Object.entries(values))("%s opens nothing", async (what, value) => {
    const authorization = value();
    const address = `192.0.2.${names().indexOf(what)}`;
    for (const path of ["/v2/", "/v2/secret/app/manifests/v1", "/token", "/api/v1/me"]) {
      const text = `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Forwarded-For: ${address}\r\nAuthorization: ${authorization}\r\n\r\n`;
      const answer = parseAnswer(await exchange(use().url, text));
      expect([path, [400, 401, 429].includes(answer.status)]).toEqual([path, true]);
      const rawHeaders = Object.entries(answer.headers).flat();
      use().expectSilence({ rawHeaders, body: Buffer.from(answer.body, "latin1") }, ...shown(authorization));
    }
  });
});

const good: Readonly<Record<string, () => string>> = {
  "Basic in lower case": () => guest().replace("Basic", "basic"),
  "Basic in upper case": () => guest().replace("Basic", "BASIC"),
  "Basic and many spaces": () => guest().replace(" ", "     "),
  "Bearer in lower case": () => `bearer ${token}`,
  "Bearer and spaces behind": () => `Bearer ${token}   `,
};

describe("what is merely odd", () => {
  it.each(Object.entries(good))("%s is as good as usual", async (_, value) => {
    const headers = { authorization: value() };
    expect((await use().ask("GET", "/v2/secret/app/tags/list", { headers })).status).toBe(200);
  });
});

describe("4 attacks: of two Authorization headers", () => {
  it.each([
    ["a good one and a bad one", () => [guest(), "Basic x"], 200],
    ["a bad one and a good one", () => ["Basic x", guest()], 401],
    ["a weak one and a strong one", () => [use().basicOf("outsider"), use().basicOf("admin")], 403],
    ["none and a strong one", () => ["", use().basicOf("admin")], 401],
  ] as const)("%s: only the first counts, and never both", async (_, value, status) => {
    const lines = value().map((one) => `Authorization: ${one}\r\n`);
    const text = `GET /v2/secret/app/tags/list HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${lines.join("")}\r\n`;
    expect(parseAnswer(await exchange(use().url, text)).status).toBe(status);
  });
});

const elsewhere = (secret: string): readonly string[] => [
  `?access_token=${secret}`,
  `?token=${secret}`,
  `?authorization=Bearer%20${secret}`,
];

describe("8 attacks: credentials anywhere but in Authorization", () => {
  it("in the query open nothing, and are not repeated", async () => {
    for (const secret of [token, use().secretOf("guest")]) {
      for (const query of elsewhere(secret)) {
        expect((await use().ask("GET", `/v2/secret/app/tags/list${query}`)).status).toBe(401);
      }
    }
  });

  it.each(["cookie", "proxy-authorization", "x-registry-auth", "x-auth-token"])(
    "in %s open nothing",
    async (name) => {
      const headers = { [name]: name === "cookie" ? `token=${token}` : guest() };
      expect((await use().ask("GET", "/v2/secret/app/tags/list", { headers })).status).toBe(401);
    },
  );
});

describe("4 attacks: what an attacker writes into the audit trail", () => {
  const trail = async () => JSON.stringify(await use().administer("GET", "/audit?limit=20&action=login"));

  it.each([
    ["a secret in place of the name", () => use().secretOf("admin")],
    ["a name without end", () => "n".repeat(20_000)],
    ["a name of several lines", () => "guest\nadmin allowed"],
    ["a name that looks like markup", () => "<script>alert(1)</script>"],
  ])("is not %s", async (_, name) => {
    const headers = { authorization: basic(name(), "wrong"), "x-request-id": `attack-${name().length}` };
    expect((await use().ask("GET", "/token?service=berth", { headers })).status).toBe(401);
    await expect.poll(trail).toContain(headers["x-request-id"]);
    expect(await trail()).not.toContain(JSON.stringify(name().slice(0, 300)).slice(1, -1));
  });
});

it("after all of it good credentials are good", async () => {
  const answer = await use().ask("GET", "/v2/secret/app/manifests/v1", { as: "guest" });
  expect([answer.status, jsonOf(answer)]).toEqual([200, expect.objectContaining({ schemaVersion: 2 })]);
});
