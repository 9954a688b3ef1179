// Who may do what when nobody said so.
import { describe, expect, it } from "vitest";
import { realmRisk } from "../../../src/config/auth-mode.ts";
import { loadConfig } from "../../../src/config/load-config.ts";

const loopback = ["127.0.0.1:5000", "127.1.2.3:80", "[::1]:5000", "localhost:0"];
const elsewhere = [":5000", "0.0.0.0:5000", "[::]:5000", "10.0.0.1:5000", "registry.example.com:5000"];
const modeOf = (sources: Parameters<typeof loadConfig>[0]) => {
  const { mode, reason } = loadConfig(sources).auth;
  return { mode, reason };
};

describe("without a mode", () => {
  it.each(loopback)("Berth is open on %s and says why", (listen) => {
    const reason = `not set, and only this machine reaches ${listen}`;
    expect(modeOf({ flags: { listen } })).toEqual({ mode: "open", reason });
  });

  it.each(elsewhere)("Berth wants accounts on %s and says why", (listen) => {
    const { mode, reason } = modeOf({ flags: { listen } });
    expect(mode).toBe("accounts");
    expect(reason).toMatch(/^not set, and other machines reach .*:\d+$/);
  });
});

describe("with a mode", () => {
  it.each([
    ["the environment", { env: { BERTH_AUTH_MODE: "open" } }, "set by environment variable BERTH_AUTH_MODE"],
    ["an option", { flags: { authMode: "open" } }, "set by --auth-mode"],
  ])("from %s, Berth listens anywhere and says who set it", (_, sources, reason) => {
    const flags = { listen: ":5000", ...("flags" in sources ? sources.flags : {}) };
    expect(modeOf({ ...sources, flags })).toEqual({ mode: "open", reason });
  });

  it("that does not exist, it is refused even on loopback", () => {
    expect(() => loadConfig({ flags: { authMode: "opne" } })).toThrow(
      'auth.mode: must be one of open, accounts, token, not "opne"; did you mean open? (--auth-mode)',
    );
  });

  it("token, its section is required, with a key", () => {
    expect(() => loadConfig({ flags: { authMode: "token" } })).toThrow(/auth\.token: is required/);
    const env = {
      BERTH_AUTH_TOKEN_REALM: "https://auth.example.com/token",
      BERTH_AUTH_TOKEN_SERVICE: "registry",
      BERTH_AUTH_TOKEN_ISSUER: "auth",
    };
    expect(() => loadConfig({ env, flags: { authMode: "token" } })).toThrow(/rootCertBundle or jwks/);
    const whole = { ...env, BERTH_AUTH_TOKEN_ROOT_CERT_BUNDLE: "keys.pem" };
    const { auth } = loadConfig({ env: whole, flags: { authMode: "token" }, workingDirectory: "/srv" });
    expect(auth.token?.rootCertBundle).toBe("/srv/keys.pem");
  });
});

describe("the address that clients are sent to for tokens", () => {
  const tls = { BERTH_HTTP_TLS_CERT: "cert.pem", BERTH_HTTP_TLS_KEY: "key.pem" };
  const at = (url: string) => ({ BERTH_HTTP_PUBLIC_URL: url });
  const from = (realm: string) => ({
    ...{ BERTH_AUTH_MODE: "token", BERTH_AUTH_TOKEN_REALM: realm, BERTH_AUTH_TOKEN_SERVICE: "registry" },
    ...{ BERTH_AUTH_TOKEN_ISSUER: "auth", BERTH_AUTH_TOKEN_JWKS: "keys.json" },
  });
  const accounts = { BERTH_AUTH_MODE: "accounts" };
  const overheard = "travel unencrypted";
  const astray = "on themselves";
  const good = undefined;

  it.each([
    ["127.0.0.1:5000", accounts, good],
    [":5000", accounts, overheard],
    [":5000", { ...accounts, ...tls }, good],
    [":5000", { BERTH_AUTH_MODE: "open" }, good],
    [":5000", at("https://registry.example.com"), good],
    [":5000", at("http://registry.example.com"), overheard],
    [":5000", { ...at("http://registry.example.com"), ...tls }, overheard],
    ["127.0.0.1:5000", { ...accounts, ...at("http://registry.example.com") }, overheard],
    ["127.0.0.1:5000", { ...accounts, ...at("http://localhost:5000") }, good],
    [":5000", at("https://localhost"), astray],
    [":5000", at("https://[::1]:8443"), astray],
    [":5000", from("https://auth.example.com/token"), good],
    ["127.0.0.1:5000", from("http://auth.example.com/token"), overheard],
    ["127.0.0.1:5000", from("http://127.0.0.1:5001/token"), good],
    [":5000", from("http://127.0.0.1:5001/token"), astray],
  ])("on %s with %j makes a warning: %s", (listen, env: Record<string, string>, warning) => {
    const risk = realmRisk(loadConfig({ env, flags: { listen } }));
    if (warning === undefined) expect(risk).toBeUndefined();
    else expect(risk).toContain(warning);
  });
});
