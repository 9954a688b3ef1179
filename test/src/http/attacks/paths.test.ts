// Addresses that mean one thing to a proxy and another to us, or nothing at all: written to the socket as they are. None
// leads into the private repository, and each has an answer.
import { describe, expect, it } from "vitest";
import { useAccounts } from "../../../support/accounts-registry.ts";
import { exchange, parseAnswer } from "../../../support/raw-socket.ts";

const use = useAccounts();

/** The repository of the private project that is to be reached from the public one. */
const twisted: readonly string[] = [
  "/v2/open/../secret/app/manifests/v1",
  "/v2/open/app/../../secret/app/manifests/v1",
  "/v2/open/%2e%2e/secret/app/manifests/v1",
  "/v2/open/%2E%2E/secret/app/manifests/v1",
  "/v2/open/%2e./secret/app/manifests/v1",
  "/v2/open/..%2fsecret%2fapp/manifests/v1",
  "/v2/open%2f..%2fsecret/app/manifests/v1",
  "/v2/open/..%252fsecret/app/manifests/v1",
  "/v2/open/..%5csecret/app/manifests/v1",
  "/v2/open/..\\secret/app/manifests/v1",
  "/v2/open/..;/secret/app/manifests/v1",
  "/v2/open/%c0%ae%c0%ae/secret/app/manifests/v1",
  "/v2/open/%ef%bc%8e%ef%bc%8e/secret/app/manifests/v1",
  "/v2/./secret/app/manifests/v1",
  "/v2//secret/app/manifests/v1",
  "//v2/secret/app/manifests/v1",
  "/v2/secret//app/manifests/v1",
  "/v2/secret/app//manifests/v1",
  "/v2/secret/app/manifests//v1",
  "/v2/secret/./app/manifests/v1",
  "/v2/secret/app/./manifests/v1",
  "/v2/secret/app/manifests/v1/",
  "/v2/secret/app/manifests/./v1",
  "/v2/secret/app/manifests/v1/../v1",
  "/v2/secret/app/manifests/v1%00",
  "/v2/secret%00/app/manifests/v1",
  "/v2/open/app%00/../../secret/app/manifests/v1",
  "/v2/secret/app%2fmanifests%2fv1",
  "/v2/secret%2Fapp/manifests/v1",
  "/v2%2fsecret/app/manifests/v1",
  "/%76%32/secret/app/manifests/v1",
  "/v2/%73ecret/app/manifests/v1",
  "/V2/secret/app/manifests/v1",
  "/v2/SECRET/app/manifests/v1",
  "/v2/secret/app/MANIFESTS/v1",
  "/v2/secret./app/manifests/v1",
  "/v2/secret/app./manifests/v1",
  "/v2/secret/app%20/manifests/v1",
  "/v2/secret/app%09/manifests/v1",
  "/v2/secret/app%0d%0a/manifests/v1",
  "/v2/secret/app;x=1/manifests/v1",
  "/v2/secret/app%3b/manifests/v1",
  "/v2/secret/app%3f/manifests/v1",
  "/v2/secret/app%23/manifests/v1",
  "/v2/secret/app#/open/app/manifests/v1",
  "/v2/secret/app/manifests/v1?name=open/app",
  "/v2/secret/app/manifests/v1?x=/../../open/app/manifests/v1",
  "/v2/open/app/manifests/../../../secret/app/manifests/v1",
  "/v2/open/app/manifests/v1/../../../secret/app/manifests/v1",
  "/v2/open/app/blobs/../../../secret/app/manifests/v1",
  "/v2/open/app/blobs/uploads/../../../../secret/app/manifests/v1",
  "/v2/open/app/manifests/..%2f..%2f..%2fsecret%2fapp%2fmanifests%2fv1",
  "/v2/open/manifests/secret/app/manifests/v1",
  "/v2/secret/app/manifests/open/app/manifests/v1",
  "/v2/ｓecret/app/manifests/v1",
  "/v2/%ef%bd%93ecret/app/manifests/v1",
  "/v2/secre%cc%81t/app/manifests/v1",
  "/v2/s%D0%B5cret/app/manifests/v1",
  "/v2/%zz/secret/app/manifests/v1",
  "/v2/%/secret/app/manifests/v1",
  "/v2/%ff/app/manifests/v1",
  "/v2/secret/app/manifests/%ff",
  "/token/../v2/secret/app/manifests/v1",
  "/healthz/../v2/secret/app/manifests/v1",
  "/.well-known/../v2/secret/app/manifests/v1",
  "/api/v1/openapi.json/../../../v2/secret/app/manifests/v1",
  "/v2/__proto__/constructor/manifests/v1",
  "http://127.0.0.1/v2/secret/app/manifests/v1",
  "http://secret.example/v2/secret/app/manifests/v1",
  "http://user:password@127.0.0.1/v2/secret/app/manifests/v1",
  "http://127.0.0.1/v2/open/../secret/app/manifests/v1",
  "https://127.0.0.1//v2/secret/app/manifests/v1",
  "v2/secret/app/manifests/v1",
  "*",
  `/v2/secret/${"a/".repeat(20_000)}app/manifests/v1`,
  `/v2/${"../".repeat(10_000)}secret/app/manifests/v1`,
  `/v2/${"manifests/v1/".repeat(4000)}`,
  `/v2/${"blobs/uploads/".repeat(4000)}`,
  `/v2/secret/app/manifests/${"v".repeat(60_000)}`,
  `/v2/${"%2f".repeat(20_000)}`,
];

const request = (target: string, method: string, headers = "") =>
  `${method} ${target} HTTP/1.1\r\nHost: registry\r\nConnection: close\r\n${headers}\r\n`;

const methods = ["GET", "HEAD", "DELETE", "OPTIONS", "TRACE"];

describe(`${twisted.length * (methods.length + 1)} attacks: the address`, () => {
  it.each(twisted.map((target) => [target.slice(0, 90), target]))("%s leads nowhere", async (_, target) => {
    const bytes = use().imageIn("secret/app").bytes.toString("latin1");
    const authorization = `Authorization: ${use().basicOf("outsider")}\r\n`;
    const asked = [
      ...methods.map((method) => request(target, method)),
      // with credentials, so that what is no repository's name is told from what is not allowed
      request(target, "GET", authorization),
    ];
    for (const text of asked) {
      const answer = parseAnswer(await exchange(use().url, text));
      expect([400, 401, 403, 404, 405, 431, 501]).toContain(answer.status);
      expect(answer.body).not.toContain(bytes);
      expect(answer.headers["docker-content-digest"]).toBeUndefined();
      expect(answer.headers["docker-distribution-api-version"]).toBe("registry/2.0");
    }
  });
});

const smuggled: Readonly<Record<string, string>> = {
  "two lengths": "POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 0\r\n\r\nhello",
  "a length and chunks":
    "POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  "a space before the colon": "GET /v2/ HTTP/1.1\r\nHost : x\r\n\r\n",
  "a folded header": "GET /v2/ HTTP/1.1\r\nHost: x\r\nAuthorization: Basic\r\n x\r\n\r\n",
  "a NUL in a header": "GET /v2/ HTTP/1.1\r\nHost: x\r\nAuthorization: Basic \0\r\n\r\n",
  "a bare CR in a header": "GET /v2/ HTTP/1.1\r\nHost: x\r\nX: a\rAuthorization: Basic x\r\n\r\n",
  "no host": "GET /v2/ HTTP/1.1\r\n\r\n",
  "a method in lower case": "get /v2/secret/app/manifests/v1 HTTP/1.1\r\nHost: x\r\n\r\n",
  "a NUL in the address": "GET /v2/secret\0/app/manifests/v1 HTTP/1.1\r\nHost: x\r\n\r\n",
  "a space in the address": "GET /v2/open/app /../secret/app/manifests/v1 HTTP/1.1\r\nHost: x\r\n\r\n",
};

describe(`${Object.keys(smuggled).length} attacks: a request with`, () => {
  it.each(Object.entries(smuggled))("%s is no request", async (_, text) => {
    const answer = parseAnswer(await exchange(use().url, text));
    expect(answer.status).toBe(400);
    expect(answer.headers["connection"]).toBe("close");
  });
});

const overrides = ["X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"];
const rewrites = ["X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Prefix", "X-Forwarded-Uri"];

describe(`${overrides.length + rewrites.length} attacks: a header`, () => {
  it.each(overrides)("%s changes no method", async (name) => {
    const answer = parseAnswer(
      await exchange(use().url, request("/v2/open/app/manifests/v1", "GET", `${name}: DELETE\r\n`)),
    );
    expect(answer.status).toBe(200);
    expect((await use().ask("HEAD", "/v2/open/app/manifests/v1")).status).toBe(200);
  });

  it.each(rewrites)("%s changes no address", async (name) => {
    const open = "/v2/open/app/manifests/v1";
    const headers = `${name}: /v2/secret/app/manifests/v1\r\n`;
    const answer = parseAnswer(await exchange(use().url, request(open, "GET", headers)));
    expect(answer.headers["docker-content-digest"]).toBe(use().imageIn("open/app").digest);
  });
});
