// HOST:PORT in every spelling, and which hosts only this machine can reach.
import { describe, expect, it } from "vitest";
import { formatListenAddress, isLoopback, parseListenAddress } from "../../../src/config/listen-address.ts";

describe("a listen address", () => {
  it.each([
    ["127.0.0.1:5000", { host: "127.0.0.1", port: 5000 }],
    [":5000", { host: "0.0.0.0", port: 5000 }],
    ["[::1]:5000", { host: "::1", port: 5000 }],
    ["[::]:0", { host: "::", port: 0 }],
    ["localhost:65535", { host: "localhost", port: 65_535 }],
    ["registry.example.com:80", { host: "registry.example.com", port: 80 }],
  ])("%s is understood", (text, address) => {
    expect(parseListenAddress(text)).toEqual(address);
  });

  it.each([
    ["", /must be HOST:PORT/],
    ["5000", /write 127\.0\.0\.1:5000 or :5000/],
    ["127.0.0.1", /must be HOST:PORT/],
    ["127.0.0.1:", /must be HOST:PORT/],
    ["127.0.0.1:65536", /the highest is 65535/],
    ["127.0.0.256:5000", /must be HOST:PORT/],
    ["127.0.0.1:-1", /must be HOST:PORT/],
    ["127.0.0.1:50 00", /must be HOST:PORT/],
    ["::1:5000", /stands in brackets: \[::1:5000\]/],
    ["[127.0.0.1]:5000", /must be HOST:PORT/],
    ["http://127.0.0.1:5000", /must be HOST:PORT/],
    ["a b:5000", /must be HOST:PORT/],
    ["-a:5000", /must be HOST:PORT/],
  ])("%j is refused with advice", (text, message) => {
    expect(parseListenAddress(text)).toMatch(message);
  });

  it("is written as it was read", () => {
    for (const text of ["127.0.0.1:5000", "[::1]:5000", "localhost:1"]) {
      const parsed = parseListenAddress(text);
      expect(typeof parsed === "string" ? parsed : formatListenAddress(parsed)).toBe(text);
    }
  });
});

describe("loopback", () => {
  const local = [
    "127.0.0.1",
    "127.9.8.7",
    "::1",
    "0:0:0:0:0:0:0:1",
    "localhost",
    "LocalHost",
    "::ffff:127.0.0.1",
  ];
  it.each(local)("%s is reached by this machine alone", (host) => {
    expect(isLoopback(host)).toBe(true);
  });

  const open = [
    "0.0.0.0",
    "::",
    "10.0.0.1",
    "128.0.0.1",
    "::ffff:10.0.0.1",
    "localhost.example.com",
    "127.example.com",
  ];
  it.each(open)("%s may be reached by others", (host) => {
    expect(isLoopback(host)).toBe(false);
  });
});
