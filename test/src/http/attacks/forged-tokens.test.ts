// Tokens that are forged, cut, swapped, of others or out of date, shown to every address of /v2 by every method; and good
// ones shown where they do not belong.
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { base64url, macToken, mintText, mintToken } from "../../../auth/tokens/minted-token.ts";
import { useAccounts } from "../../../support/accounts-registry.ts";
import type { Answer } from "../../../support/http-request.ts";
import { expectError } from "../../../support/oci-answer.ts";
import { addressOf, attackedRoutes, type Target } from "./routes.ts";

const use = useAccounts();
const stranger = generateKeyPairSync("ec", { namedCurve: "P-256" });

/** What an attacker may have: tokens of others, the public key. And what none has, to make near misses: the private key. */
interface Material {
  readonly token: string;
  readonly weak: string;
  readonly header: { readonly alg: string; readonly kid: string };
  readonly claims: Readonly<Record<string, unknown>>;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly secret: string;
}

let material: Material;

beforeAll(async () => {
  const [key] = await use().signingKeys();
  if (key === undefined) throw new Error("there is no key");
  const privateKey = createPrivateKey(key.privateKey);
  const token = await use().tokenOf("admin", "repository:secret/app:pull,push,delete", "registry:catalog:*");
  const weak = await use().tokenOf("guest", "repository:secret/app:pull");
  const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as object;
  material = {
    ...{ token, weak, privateKey, publicKey: createPublicKey(privateKey), claims: { ...claims } },
    header: { alg: key.algorithm, kid: key.kid },
    secret: use().secretOf("admin"),
  };
});

const part = (token: string, index: number): string => token.split(".")[index] ?? "";
const now = () => Math.floor(Date.now() / 1000);
const signed = (m: Material, claims: object, header: object = {}) =>
  mintToken({ ...m.header, ...header }, { ...m.claims, ...claims }, m.privateKey);

const forgeries: Readonly<Record<string, (m: Material) => string>> = {
  "signed by nothing": (m) => `${base64url({ ...m.header, alg: "none" })}.${part(m.token, 1)}.`,
  "signed by nothing, under a signature": (m) =>
    `${base64url({ ...m.header, alg: "None" })}.${part(m.token, 1)}.${part(m.token, 2)}`,
  "MACed with the public key in PEM": (m) =>
    macToken({ ...m.header, alg: "HS256" }, m.claims, m.publicKey.export({ type: "spki", format: "pem" })),
  "MACed with the key's id": (m) => macToken({ ...m.header, alg: "HS256" }, m.claims, m.header.kid),
  "of a stranger's key under our key's id": (m) => mintToken(m.header, m.claims, stranger.privateKey),
  "of a stranger's key under its own id": (m) =>
    mintToken({ ...m.header, kid: "mine" }, m.claims, stranger.privateKey),
  "of a stranger's key that comes along": (m) =>
    mintToken(
      { ...m.header, jwk: stranger.publicKey.export({ format: "jwk" }) },
      m.claims,
      stranger.privateKey,
    ),
  "of our key under another id": (m) => signed(m, {}, { kid: "other" }),
  "of our key under a path as its id": (m) => signed(m, {}, { kid: "../../../../dev/null" }),
  "of our key under no id": (m) => mintToken({ alg: m.header.alg }, m.claims, m.privateKey),
  "of our key that claims another algorithm": (m) =>
    mintText("ES256", base64url({ ...m.header, alg: "ES384" }), base64url(m.claims), m.privateKey),
  "with an extension that must be understood": (m) => signed(m, {}, { crit: ["b64"], b64: false }),
  "with the claims of a stronger one": (m) => `${part(m.weak, 0)}.${part(m.token, 1)}.${part(m.weak, 2)}`,
  "with the signature of another": (m) => `${part(m.token, 0)}.${part(m.token, 1)}.${part(m.weak, 2)}`,
  "without a signature": (m) => `${part(m.token, 0)}.${part(m.token, 1)}.`,
  "cut by a character": (m) => m.token.slice(0, -1),
  "cut in the middle": (m) => m.token.slice(0, m.token.length / 2),
  "of two parts": (m) => `${part(m.token, 0)}.${part(m.token, 1)}`,
  "of four parts": (m) => `${m.token}.${part(m.token, 2)}`,
  "twice in a row": (m) => m.token + m.token,
  "in upper case": (m) => m.token.toUpperCase(),
  "too long": (m) => signed(m, { more: "x".repeat(40_000) }),
  "of another issuer": (m) => signed(m, { iss: "other" }),
  "of no issuer": (m) => signed(m, { iss: null }),
  "for another audience": (m) => signed(m, { aud: "other" }),
  "for many others": (m) => signed(m, { aud: ["other", "Berth", "berth "] }),
  "that expired": (m) => signed(m, { iat: now() - 600, exp: now() - 61 }),
  "that never expires": (m) => signed(m, { exp: null }),
  "that expires in words": (m) => signed(m, { exp: "9999999999" }),
  "of tomorrow": (m) => signed(m, { nbf: now() + 86_400 }),
  "made tomorrow": (m) => signed(m, { iat: now() + 86_400 }),
  "of nobody in particular": (m) => signed(m, { principal: undefined }),
  "of an account that is not there": (m) => signed(m, { principal: { kind: "user", id: "nobody" } }),
  "of a user as a robot": (m) =>
    signed(m, { principal: { ...(m.claims["principal"] as object), kind: "robot" } }),
  "of a new kind of principal": (m) => signed(m, { principal: { kind: "root", id: "1" } }),
  "that carries no list": (m) => signed(m, { access: "repository:secret/app:pull" }),
  "whose claims are a list": (m) => mintToken(m.header, [m.claims], m.privateKey),
  "that is an access token with a letter changed": ({ secret }) =>
    secret.slice(0, -1) + (secret.endsWith("0") ? "1" : "0"),
  "that is a refresh token by its looks": () => `berth_refresh_${"0".repeat(33)}`,
  "that is a password": () => "password",
};

const targetOf = (name: string): Target => {
  const image = use().imageIn(name);
  return { name, reference: "v1", digest: image.digest };
};

function expectInvalid(answer: Answer, method: string, token: string): void {
  expect(answer.status).toBe(401);
  const challenge = String(answer.headers["www-authenticate"]);
  expect(challenge.startsWith(`Bearer realm="${use().url}/token",service="berth"`)).toBe(true);
  expect(challenge.endsWith(',error="invalid_token"')).toBe(true);
  if (method !== "HEAD") expectError(answer, 401, "UNAUTHORIZED");
  use().expectSilence(answer, token);
}

const count = Object.keys(forgeries).length * attackedRoutes.length * 2;

describe(`${count} attacks: a token that nobody here would sign`, () => {
  it.each(Object.entries(forgeries))("%s opens nothing, private or public", async (what, forge) => {
    const bearer = forge(material);
    await Promise.all(
      ["secret/app", "open/app"].flatMap((name) =>
        attackedRoutes.map(async (route) => {
          const answer = await use().ask(route.method, addressOf(route, targetOf(name)), { bearer });
          // whose tokens count beyond their expiry is asked of a session alone, and then this is nobody's session
          if (what === "that expired" && route.needs === "session") expect(answer.status).toBe(404);
          else expectInvalid(answer, route.method, bearer);
        }),
      ),
    );
  });

  it("changed anywhere by anything opens nothing", async () => {
    const { token } = material;
    const bytes = (text: string) =>
      text.split(".").map((one) => Buffer.from(one, "base64url").toString("hex"));
    const change = fc.record({
      at: fc.nat(token.length - 1),
      remove: fc.nat(4),
      insert: fc.string({ unit: fc.constantFrom("A", "a", "0", "_", "-", "."), maxLength: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(change, async ({ at, remove, insert }) => {
        const bearer = token.slice(0, at) + insert + token.slice(at + remove);
        // the last letter of base64url holds bits that mean nothing
        fc.pre(bytes(bearer).join() !== bytes(token).join());
        const answer = await use().ask("GET", "/v2/secret/app/tags/list", { bearer });
        expectInvalid(answer, "GET", bearer);
      }),
      { numRuns: 150 },
    );
  });
});

/** Good tokens, and a request that they do not carry. */
const strayed: readonly (readonly [holder: "maintainer" | "admin", scope: string, request: string])[] = [
  ["maintainer", "repository:secret/app:pull", "PUT /v2/secret/app/manifests/v2"],
  ["maintainer", "repository:secret/app:pull", "POST /v2/secret/app/blobs/uploads/"],
  ["maintainer", "repository:secret/app:pull,push", "DELETE /v2/secret/app/manifests/v1"],
  ["maintainer", "repository:secret/app:push", "GET /v2/secret/app/manifests/v1"],
  ["maintainer", "repository:secret/app:delete", "GET /v2/secret/app/manifests/v1"],
  ["maintainer", "repository:secret/app:pull,push,delete", "GET /v2/secret/ap/manifests/v1"],
  ["maintainer", "repository:secret/app:pull,push,delete", "GET /v2/secret/app/v/manifests/v1"],
  ["maintainer", "repository:secret/app:pull,push,delete", "GET /v2/_catalog"],
  ["admin", "repository:open/app:pull,push,delete", "GET /v2/secret/app/manifests/v1"],
  ["admin", "repository:open/app:pull,push,delete", "GET /v2/secret/app/tags/list"],
  ["admin", "repository:open/app:pull,push,delete", "GET /v2/app/tags/list"],
  ["admin", "repository:secret/app:pull", "GET /v2/open/app/tags/list"],
  ["admin", "registry:catalog:*", "GET /v2/secret/app/tags/list"],
  ["admin", "", "GET /v2/secret/app/tags/list"],
];

describe(`${strayed.length} attacks: a good token`, () => {
  it.each(strayed)("of %s for %j does not carry %s", async (holder, scope, request) => {
    const bearer = await use().tokenOf(holder, scope);
    const [method = "", path = ""] = request.split(" ");
    const answer = await use().ask(method, path, { bearer });
    expectError(answer, 401, "UNAUTHORIZED");
    expect(answer.headers["www-authenticate"]).toMatch(/,scope="[^"]+",error="insufficient_scope"$/);
  });
});

const endings: Readonly<Record<string, (name: string) => Promise<unknown>>> = {
  "its account was disabled": (name) => use().administer("PATCH", `/users/${name}`, { disabled: true }),
  "its account was deleted": (name) => use().administer("DELETE", `/users/${name}`),
  "its account was deleted, and its name taken by another with the same rights": async (name) => {
    await use().administer("DELETE", `/users/${name}`);
    await use().administer("POST", "/users", { name });
    await use().administer("PUT", `/projects/secret/members/user/${name}`, { role: "guest" });
  },
  "its role was taken away": (name) => use().administer("DELETE", `/projects/secret/members/user/${name}`),
};

describe(`${Object.keys(endings).length} attacks: a token that was good`, () => {
  it.each(Object.entries(endings))("is worth nothing once %s", async (_, end) => {
    const name = "leaver";
    await use().administer("POST", "/users", { name });
    await use().administer("PUT", `/projects/secret/members/user/${name}`, { role: "guest" });
    const made = await use().administer("POST", `/users/${name}/tokens`, { label: "x" });
    const { secret } = made as { secret: string };
    const scope = encodeURIComponent("repository:secret/app:pull");
    const authorization = `Basic ${Buffer.from(`${name}:${secret}`).toString("base64")}`;
    const sending = { headers: { authorization }, issues: true } as const;
    const granted = await use().ask("GET", `/token?scope=${scope}`, sending);
    const { token } = JSON.parse(granted.body.toString()) as { token: string };
    const ask = () => use().ask("GET", "/v2/secret/app/tags/list", { bearer: token });
    expect((await ask()).status).toBe(200);
    await end(name);
    expect([401, 403]).toContain((await ask()).status);
    await use()
      .administer("DELETE", `/users/${name}`)
      .catch(() => undefined);
  });
});

it("after all of it everything is still there", async () => {
  for (const name of ["secret/app", "open/app"]) {
    const answer = await use().ask("GET", `/v2/${name}/manifests/v1`, { as: "admin" });
    expect(answer.body.equals(use().imageIn(name).bytes)).toBe(true);
  }
});
