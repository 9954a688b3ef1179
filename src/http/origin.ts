// Who asks, and under which address Berth was asked: from the socket, and from the words of proxies that the
// configuration trusts. Nobody else's words count, and none reaches a header or a log unchecked.
import type { IncomingMessage } from "node:http";
import { isIPv6, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { plainAddress, readForwarded } from "./forwarded.ts";
import { networksOf } from "./networks.ts";

export interface Origin {
  /**
   * `scheme://host[:port]` under which this client reaches Berth, without a slash at the end: the public URL if there is
   * one; else what a trusted proxy says of scheme and host; else the socket's scheme and the Host header. Each proxy adds
   * its value at the end of a list, so that the last one is the nearest proxy's, and counts. A host that is no proper
   * one is replaced by the socket's local address.
   */
  baseUrl(request: IncomingMessage): string;
  /**
   * The client's IP address: the socket's; if that is a trusted proxy's, the first one from the right in X-Forwarded-For
   * (or `for` of Forwarded) that is not. Where a proxy names no address its own stands. `unknown` when the connection is
   * gone already.
   */
  clientAddress(request: IncomingMessage): string;
  /** Whether the other end of the connection is a trusted proxy, so that what it adds to requests may be believed. */
  isProxied(request: IncomingMessage): boolean;
}

export interface OriginOptions {
  readonly publicUrl: string | undefined;
  /** Addresses, networks (`10.0.0.0/8`), or the word `loopback`; checked by the configuration. */
  readonly trustedProxies: readonly string[];
}

export function originOf({ publicUrl, trustedProxies }: OriginOptions): Origin {
  const isTrusted = networksOf(trustedProxies);
  const isTrustedPeer = rememberedBySocket(isTrusted);
  const fixed = publicUrl?.replace(/\/+$/, "");
  return {
    baseUrl: ({ socket, headers }) => {
      if (fixed !== undefined) return fixed;
      const told = isTrustedPeer(socket) ? readForwarded(headers) : undefined;
      const scheme = told?.scheme ?? (socket instanceof TLSSocket ? "https" : "http");
      const host = told?.host ?? headers.host ?? "";
      return `${scheme}://${isAuthority(host) ? host : localAuthority(socket)}`;
    },
    clientAddress: ({ socket, headers }) => {
      let client = peerOf(socket);
      if (!isTrustedPeer(socket)) return client;
      for (const address of readForwarded(headers).addresses.toReversed()) {
        if (address === undefined) break;
        client = address;
        if (!isTrusted(client)) break;
      }
      return client;
    },
    isProxied: ({ socket }) => isTrusted(peerOf(socket)),
  };
}

/** A connection's other end stays who it is, and looking an address up takes some 10 µs. */
function rememberedBySocket(isTrusted: (address: string) => boolean): (socket: Socket) => boolean {
  const known = new WeakMap<Socket, boolean>();
  return (socket) => {
    const answer = known.get(socket) ?? isTrusted(peerOf(socket));
    if (socket.remoteAddress !== undefined) known.set(socket, answer);
    return answer;
  };
}

const unknown = "unknown";

function peerOf(socket: Socket): string {
  return plainAddress(socket.remoteAddress ?? unknown);
}

const authority = /^(?:[A-Za-z0-9_.-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/;

/** Nothing passes that would mean more in a header or in HTML than in a URL. */
function isAuthority(host: string): boolean {
  return authority.test(host) && URL.canParse(`http://${host}`);
}

function localAuthority({ localAddress, localPort }: Socket): string {
  if (localAddress === undefined || localPort === undefined) return "localhost";
  const address = plainAddress(localAddress);
  return `${isIPv6(address) ? `[${address}]` : address}:${localPort}`;
}
