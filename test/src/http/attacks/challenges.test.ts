// What a request may write into WWW-Authenticate: nothing but its own proper Host and the name that it asked for. A realm
// that an attacker chose would have clients bring their passwords there.
import { describe, expect, it } from "vitest";
import { useAccounts, type AccountsRegistry } from "../../../support/accounts-registry.ts";
import { exchange, parseAnswer } from "../../../support/raw-socket.ts";

/** Who says what of where: to a registry that trusts nobody, one that trusts this peer, one that has a public URL. */
const alone = useAccounts();
const proxied = useAccounts({ BERTH_HTTP_TRUSTED_PROXIES: '["loopback"]' });
const published = useAccounts({
  BERTH_HTTP_TRUSTED_PROXIES: '["loopback"]',
  BERTH_HTTP_PUBLIC_URL: "https://registry.example.com",
});

const form =
  /^Bearer realm="(https?:\/\/[A-Za-z0-9_.:[\]-]+)\/token",service="berth",scope="[a-z0-9:/*,._-]+"$/;

async function realmOf(use: () => AccountsRegistry, headers: string, target = "/v2/secret/app/tags/list") {
  const text = `GET ${target} HTTP/1.1\r\nConnection: close\r\n${headers}\r\n`;
  const { status, headers: answered } = parseAnswer(await exchange(use().url, text));
  const challenge = answered["www-authenticate"];
  // a host that is not even HTTP gets no challenge at all
  if (status === 400) {
    expect(challenge).toBeUndefined();
    return undefined;
  }
  expect(status).toBe(401);
  expect(challenge).toMatch(form);
  return form.exec(String(challenge))?.[1];
}

const improper = [
  'evil.example"',
  'evil.example",realm="http://evil.example/token',
  "evil.example/",
  "evil.example/token?",
  "evil.example#",
  "user@evil.example",
  "user:password@evil.example",
  "evil.example,regis try",
  "registry, Basic realm=x",
  "registry evil.example",
  "registry\tevil.example",
  "registry\\evil.example",
  "registry;evil.example",
  "registry%0d%0aevil.example",
  "régistry.example",
  "registry:port",
  "registry:5000:5000",
  "registry:99999999",
  "[::1",
  "::1",
  "[evil.example]",
  "<script>",
  "",
  " ",
  `${"a".repeat(300)}.example`,
  "999.999.999.999",
];

describe(`${improper.length * 3} attacks: the host`, () => {
  it.each(improper)("%j comes back from nowhere", async (host) => {
    const own = alone().url;
    expect([own, undefined]).toContain(await realmOf(alone, `Host: ${host}\r\n`));
    expect([proxied().url, "http://proper", undefined]).toContain(
      await realmOf(proxied, `Host: proper\r\nX-Forwarded-Host: ${host}\r\n`),
    );
    expect([proxied().url, "http://proper", undefined]).toContain(
      await realmOf(proxied, `Host: proper\r\nForwarded: host="${host}"\r\n`),
    );
  });
});

const raw: Readonly<Record<string, string>> = {
  "CR LF and a header": "Host: registry\r\nWWW-Authenticate: Basic\r\n",
  "two hosts": "Host: registry\r\nHost: evil.example\r\n",
  "a bare CR": "Host: registry\rWWW-Authenticate: Basic realm=x\r\n",
  "a bare LF": "Host: registry\nX-Forwarded-Host: evil.example\r\n",
  "a NUL": "Host: registry\0.evil.example\r\n",
  "a fold": "Host: registry\r\n .evil.example\r\n",
};

describe(`${Object.keys(raw).length} attacks: a host with`, () => {
  it.each(Object.entries(raw))("%s is cut off, or no host", async (_, headers) => {
    expect(["http://registry", alone().url, undefined]).toContain(await realmOf(alone, headers));
  });
});

const words: readonly string[] = [
  "X-Forwarded-Host: evil.example",
  "X-Forwarded-Proto: https",
  "X-Forwarded-Proto: javascript",
  "X-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: https",
  "Forwarded: host=evil.example;proto=https",
  "X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Host: evil.example",
  "X-Forwarded-Server: evil.example",
  "X-Host: evil.example",
  "X-Original-Host: evil.example",
  "X-Forwarded-Port: 666",
  "X-Forwarded-Scheme: https",
  "Origin: http://evil.example",
  "Referer: http://evil.example/",
];

describe(`${words.length * 2 + 6} attacks: the realm`, () => {
  it.each(words)("is not what a stranger says in %j", async (headers) => {
    expect(await realmOf(alone, `Host: registry\r\n${headers}\r\n`)).toBe("http://registry");
  });

  it.each(words)("is the public URL, whatever even a trusted proxy says in %j", async (headers) => {
    expect(await realmOf(published, `Host: evil.example\r\n${headers}\r\n`)).toBe(
      "https://registry.example.com",
    );
  });

  it.each([
    ["X-Forwarded-Host: evil.example, registry.example", "http://registry.example"],
    ["X-Forwarded-Host: evil.example\r\nX-Forwarded-Host: registry.example", "http://registry.example"],
    ["Forwarded: host=evil.example, host=registry.example", "http://registry.example"],
    ["X-Forwarded-Proto: javascript", "http://proper"],
    ["X-Forwarded-Proto: https, ftp", "http://proper"],
  ])("is what the nearest trusted proxy says last in %j", async (headers, realm) => {
    expect(await realmOf(proxied, `Host: proper\r\n${headers}\r\n`)).toBe(realm);
  });

  it("is not what the address of the request says", async () => {
    const target = "http://evil.example/v2/secret/app/tags/list";
    expect(await realmOf(alone, "Host: registry\r\n", target)).toBe("http://registry");
  });
});

const names = [
  'a",scope="repository:open/app:pull',
  "a%22,error=%22x",
  "a%0d%0aX-Evil:%201",
  "a%0aX-Evil:%201",
  "a%5c",
  "a,b",
  "%C3%A9",
  "%E2%80%A8",
  "a b",
  "a%20b",
];

describe(`${names.length} attacks: a name`, () => {
  it.each(names)("%j writes nothing into the challenge", async (name) => {
    const target = `/v2/secret/${name}/tags/list`;
    const text = `GET ${target} HTTP/1.1\r\nHost: registry\r\nConnection: close\r\n\r\n`;
    const { status, headers } = parseAnswer(await exchange(alone().url, text));
    expect(status).toBe(400);
    expect(headers["www-authenticate"]).toBeUndefined();
    expect(headers["x-evil"]).toBeUndefined();
  });
});
