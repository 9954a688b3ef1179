// Who asks and under which address, for every kind of word about it, believed and not.
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { originOf } from "../../../src/http/origin.ts";
import { collectLog } from "../../support/log-lines.ts";
import { send } from "../../support/http-request.ts";
import { serveParts } from "../../support/serve-parts.ts";

type Ends = {
  readonly peer?: string | undefined;
  readonly tls?: boolean;
  readonly local?: string | undefined;
};

/** Headers as node gives them, on a connection whose ends are as said. */
function request(headers: Record<string, string>, ends: Ends = {}): IncomingMessage {
  const socket = ends.tls ? new TLSSocket(new Socket()) : new Socket();
  const { peer, local } = { peer: "10.0.0.1", local: "10.0.0.9", ...ends };
  Object.defineProperties(socket, {
    remoteAddress: { value: peer },
    localAddress: { value: local },
    localPort: { value: local === undefined ? undefined : 5000 },
  });
  const message = new IncomingMessage(socket);
  message.headers = headers;
  return message;
}

const origin = (trustedProxies: string[] = ["10.0.0.0/8", "fd00::/8"], publicUrl?: string) =>
  originOf({ publicUrl, trustedProxies });

describe("a request", () => {
  it.each([
    ["10.0.0.1", true],
    ["::ffff:10.0.0.1", true],
    ["192.0.2.1", false],
    [undefined, false],
  ])("from %s is a trusted proxy's: %s, whatever it says of itself", (peer, expected) => {
    const words = { "x-forwarded-for": "10.0.0.7", forwarded: "for=10.0.0.7" };
    expect(origin().isProxied(request(words, { peer }))).toBe(expected);
    expect(origin([]).isProxied(request(words, { peer }))).toBe(false);
  });
});

describe("the base URL", () => {
  it.each([
    ["is the Host header", { host: "registry.example:5000" }, "http://registry.example:5000"],
    ["keeps an IPv6 host in its brackets", { host: "[2001:db8::1]:80" }, "http://[2001:db8::1]:80"],
    [
      "takes what a trusted proxy says",
      { "x-forwarded-proto": "https", "x-forwarded-host": "out:8443" },
      "https://out:8443",
    ],
    ["takes either alone, the scheme", { host: "in", "x-forwarded-proto": "HTTPS" }, "https://in"],
    ["takes either alone, the host", { host: "in", "x-forwarded-host": "out" }, "http://out"],
    [
      "takes the nearest proxy's word of a list",
      { "x-forwarded-proto": "http, https", "x-forwarded-host": "a, b" },
      "https://b",
    ],
    [
      "takes http and https for a scheme, nothing else",
      { host: "in", "x-forwarded-proto": "gopher" },
      "http://in",
    ],
    [
      "takes Forwarded",
      { host: "in", forwarded: 'for=1.2.3.4;proto=https;host="out:8443"' },
      "https://out:8443",
    ],
    [
      "takes the last element of Forwarded",
      { host: "in", forwarded: "host=a;proto=http, Host=b;PROTO=https" },
      "https://b",
    ],
    [
      "takes X-Forwarded-* before Forwarded",
      { host: "in", forwarded: "proto=https;host=a", "x-forwarded-host": "b" },
      "http://b",
    ],
    ["leaves a malformed Forwarded aside", { host: "in", forwarded: 'proto=https;host="out' }, "http://in"],
    ["is the local address when there is no Host", {}, "http://10.0.0.9:5000"],
    ["is the local address when the Host is none", { host: 'x"y' }, "http://10.0.0.9:5000"],
    [
      "is the local address when the proxy's host is none",
      { host: "in", "x-forwarded-host": "a b" },
      "http://10.0.0.9:5000",
    ],
    ["takes no user name for a host", { host: "user@registry.example" }, "http://10.0.0.9:5000"],
    ["takes no path for a host", { host: "registry.example/v2" }, "http://10.0.0.9:5000"],
    ["takes no port that is none", { host: "registry.example:99999" }, "http://10.0.0.9:5000"],
    ["takes no address that is none", { host: "1.2.3.999" }, "http://10.0.0.9:5000"],
  ])("%s", (_, headers, url) => {
    expect(origin().baseUrl(request(headers as Record<string, string>))).toBe(url);
  });

  it.each([
    ["", "10.0.0.9", "http://10.0.0.9:5000"],
    ["in IPv6", "2001:db8::9", "http://[2001:db8::9]:5000"],
    ["with a zone", "fe80::9%eth0", "http://[fe80::9]:5000"],
    ["mapped into IPv6", "::ffff:10.0.0.9", "http://10.0.0.9:5000"],
    ["of a connection that is gone", undefined, "http://localhost"],
  ])("can be the local address %s", (_, local, url) => {
    expect(origin().baseUrl(request({}, { local }))).toBe(url);
  });

  it("begins with https over TLS, unless a trusted proxy says otherwise", () => {
    const over = (headers: Record<string, string>) => origin().baseUrl(request(headers, { tls: true }));
    expect(over({ host: "in" })).toBe("https://in");
    expect(over({ host: "in", "x-forwarded-proto": "http" })).toBe("http://in");
  });

  it("does not believe strangers", () => {
    const headers = {
      host: "in",
      "x-forwarded-proto": "https",
      "x-forwarded-host": "evil",
      forwarded: "host=evil",
    };
    expect(origin().baseUrl(request(headers, { peer: "192.0.2.1" }))).toBe("http://in");
    expect(origin([]).baseUrl(request(headers))).toBe("http://in");
  });

  it("is the public URL when there is one, without its slash", () => {
    const fixed = origin(["loopback"], "https://registry.example/");
    expect(fixed.baseUrl(request({ host: "in", "x-forwarded-host": "out" }))).toBe(
      "https://registry.example",
    );
  });

  it("carries nothing that would end a header's value or a quoted string, whatever was sent", () => {
    const value = fc.oneof(
      fc.string({ unit: "binary-ascii" }),
      fc.string({ unit: fc.constantFrom(...Array.from("ab1.:-_[]/@,;=\"' \r\n\\%#?<>")) }),
      fc.webAuthority({ withIPv6: true, withPort: true, withUserInfo: true }),
    );
    const names = ["host", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-for", "forwarded"];
    const headers = fc
      .record(Object.fromEntries(names.map((name) => [name, value])), { requiredKeys: [] })
      .map((given) => ({
        ...given,
        ...(given["forwarded"] && { forwarded: `proto=https;host="${given["forwarded"]}"` }),
      }));
    fc.assert(
      fc.property(headers, fc.constantFrom("10.0.0.1", "192.0.2.1"), (sent, peer) => {
        const url = origin().baseUrl(request(sent, { peer }));
        expect(url).toMatch(/^https?:\/\/[A-Za-z0-9._:[\]-]+$/);
        expect(new URL(url).pathname).toBe("/");
      }),
      { numRuns: 2000 },
    );
  });
});

describe("the client's address", () => {
  it.each([
    ["is the one before a trusted proxy", { "x-forwarded-for": "192.0.2.1" }, "192.0.2.1"],
    [
      "is the first untrusted one from the right",
      { "x-forwarded-for": "6.6.6.6, 192.0.2.1, 10.0.0.2" },
      "192.0.2.1",
    ],
    ["is the farthest when all are trusted", { "x-forwarded-for": "10.0.0.3, fd00::2" }, "10.0.0.3"],
    ["is the socket's when nothing is said", {}, "10.0.0.1"],
    [
      "is the last known one where a proxy names none",
      { "x-forwarded-for": "6.6.6.6, unknown, 10.0.0.2" },
      "10.0.0.2",
    ],
    ["is the socket's when nonsense is said", { "x-forwarded-for": "<script>" }, "10.0.0.1"],
    ["comes without a port", { "x-forwarded-for": "192.0.2.1:4711" }, "192.0.2.1"],
    ["comes without brackets", { "x-forwarded-for": "[2001:db8::1]:4711" }, "2001:db8::1"],
    ["comes as IPv4 when it is mapped", { "x-forwarded-for": "::ffff:192.0.2.1" }, "192.0.2.1"],
    [
      "is trusted in whatever form it is written",
      { "x-forwarded-for": "192.0.2.1, ::ffff:0a00:2" },
      "192.0.2.1",
    ],
    ["comes without a zone", { "x-forwarded-for": "fe80::1%<x>" }, "fe80::1"],
    [
      "is found in Forwarded",
      { forwarded: 'for="[2001:db8::1]:4711";proto=https, for=10.0.0.2' },
      "2001:db8::1",
    ],
    [
      "is not looked for behind a hidden one",
      { forwarded: "for=6.6.6.6, for=_hidden, for=10.0.0.2" },
      "10.0.0.2",
    ],
    ["is not swallowed by a quote left open", { forwarded: 'for="6.6.6.6, for=192.0.2.1' }, "192.0.2.1"],
    [
      "is taken from X-Forwarded-For first",
      { forwarded: "for=6.6.6.6", "x-forwarded-for": "192.0.2.1" },
      "192.0.2.1",
    ],
  ])("%s", (_, headers, address) => {
    expect(origin().clientAddress(request(headers as Record<string, string>))).toBe(address);
  });

  it.each([
    ["a stranger's", "192.0.2.1", "192.0.2.1"],
    ["a stranger's, mapped", "::ffff:192.0.2.1", "192.0.2.1"],
    ["a trusted proxy's, mapped", "::ffff:10.1.1.1", "6.6.6.6"],
    ["a trusted proxy's in IPv6", "fd00::1", "6.6.6.6"],
    ["a link-local one", "fe80::1%eth0", "fe80::1"],
    ["gone", undefined, "unknown"],
  ])("when the socket's is %s (%s) is %s", (_, peer, address) => {
    expect(origin().clientAddress(request({ "x-forwarded-for": "6.6.6.6" }, { peer }))).toBe(address);
  });

  it.each([
    ["loopback", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"], ["10.0.0.1", "::2"]],
    ["10.1.2.3", ["10.1.2.3"], ["10.1.2.4"]],
    ["10.1.2.3/8", ["10.200.0.1"], ["11.0.0.1"]],
    ["2001:db8::/32", ["2001:db8:1::1"], ["2001:db9::1"]],
    ["0.0.0.0/0", ["192.0.2.1"], ["::1"]],
  ])("is asked of a proxy that %s includes, and of no other", (entry, within, without) => {
    const from = origin([entry]);
    const seen = (peer: string) => from.clientAddress(request({ "x-forwarded-for": "6.6.6.6" }, { peer }));
    expect(within.map(seen)).toEqual(within.map(() => "6.6.6.6"));
    expect(without.map(seen)).toEqual(without);
  });

  it.each([
    ["loopback", "192.0.2.1"],
    ["192.0.2.7", "127.0.0.1"],
  ])("stands in the log of requests: with %s trusted, %s", async (trusted, remote) => {
    const log = collectLog();
    const served = await serveParts({ logger: log.logger, trustedProxies: [trusted] });
    const headers = { "x-forwarded-for": "192.0.2.1", "x-request-id": "from-afar" };
    await send(served.url, "GET", "/v2/", { headers });
    await served.close();
    expect(log.of("from-afar")).toMatchObject({ remote });
  });
});
