import { describe, expect, it } from "vitest";
import { chooseProxy } from "../../../src/remote/proxy-choice.ts";

describe("the proxy of a URL", () => {
  const environment = { HTTP_PROXY: "http://plain:1", https_proxy: "secure:2" };

  it.each([
    ["https://a.example", "", "http://secure:2"],
    ["http://a.example", "", "http://plain:1"],
    ["https://a.example", "*", undefined],
    ["https://a.example", "a.example", undefined],
    ["https://b.a.example", "a.example", undefined],
    ["https://b.a.example", "x, .a.example", undefined],
    ["https://b.a.example", "*.a.example", undefined],
    ["https://ba.example", "a.example", "http://secure:2"],
    ["https://a.example", "a.example:443", undefined],
    ["https://a.example:5000", "a.example:443", "http://secure:2"],
    ["https://10.1.2.3", "10.0.0.0/8", undefined],
    ["https://11.1.2.3", "10.0.0.0/8", "http://secure:2"],
    ["https://10.1.2.3", "10.1.2.3", undefined],
    ["https://[fd00::1]", "fd00::/8", undefined],
    ["https://a.example", "10.0.0.0/99", "http://secure:2"],
  ])("%s with NO_PROXY=%s is %s", (url, noProxy, expected) => {
    expect(chooseProxy(undefined, { ...environment, NO_PROXY: noProxy })(new URL(url))).toBe(expected);
  });

  it("is the configured one whatever the environment says", () => {
    const choose = chooseProxy("http://mine:3", { ...environment, NO_PROXY: "*" });
    expect(choose(new URL("https://a.example"))).toBe("http://mine:3");
  });

  it("of https is that of http where there is no other", () => {
    const choose = chooseProxy(undefined, { http_proxy: "http://plain:1" });
    expect(choose(new URL("https://a.example"))).toBe("http://plain:1");
    expect(chooseProxy(undefined, {})(new URL("https://a.example"))).toBeUndefined();
  });
});
