import { describe, expect, it } from "vitest";
import { checkRealm } from "../../../src/remote/token-realm.ts";

describe("a token realm", () => {
  it.each<[string, string, { insecure?: boolean; anonymous?: boolean }, boolean]>([
    ["https://registry-1.docker.io", "https://auth.docker.io/token", {}, true],
    ["https://registry.example", "http://registry.example/token", {}, false],
    ["https://registry.example", "http://registry.example/token", { anonymous: true }, false],
    ["https://registry.example", "http://registry.example/token", { insecure: true }, true],
    ["http://registry.example", "http://registry.example:8080/token", {}, true],
    ["http://registry.example", "http://tokens.example/token", {}, false],
    ["http://registry.example", "http://tokens.example/token", { anonymous: true }, true],
    ["https://registry.example", "https://192.168.1.1/token", {}, false],
    ["https://registry.example", "https://192.168.1.1/token", { insecure: true, anonymous: true }, false],
    ["https://192.168.1.1", "https://192.168.1.1:5001/token", {}, true],
    ["https://192.168.1.1", "https://192.168.1.2/token", {}, false],
    ["https://registry.example", "https://0x7f000001/token", {}, false],
    ["https://registry.example", "https://2130706433/token", {}, false],
    ["https://registry.example", "https://[::ffff:10.0.0.1]/token", {}, false],
    ["https://registry.example", "https://[fd00:ec2::254]/token", {}, false],
    ["https://registry.example", "https://auth.localhost./token", {}, false],
    ["https://registry.example", "https://user@tokens.example/token", {}, false],
  ])(
    "of %s at %s (%j) is allowed: %s",
    (registry, realm, { insecure = false, anonymous = false }, allowed) => {
      const check = () => checkRealm(realm, !anonymous, { registry: new URL(registry), insecure });
      if (allowed) expect(check().href).toBe(realm);
      else expect(check).toThrow(/^\S+ sends for tokens to a realm that /);
    },
  );
});
