// What proxies in front say of a request, in X-Forwarded-* or in Forwarded (RFC 7239): only read here, believed by
// origin.ts.
import type { IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";

export interface Forwarded {
  /** What the nearest proxy was spoken to with, when it says http or https. */
  readonly scheme: "http" | "https" | undefined;
  /** The Host that the nearest proxy was asked for, as it says. */
  readonly host: string | undefined;
  /** From the farthest client to the nearest proxy's; undefined where no address was given (`unknown`, `_secret`). */
  readonly addresses: readonly (string | undefined)[];
}

/** Any of the X-Forwarded-* headers takes the place of Forwarded as a whole. */
export function readForwarded(headers: IncomingHttpHeaders): Forwarded {
  const list = (name: string) => splitList(headers[name]);
  const addresses = list("x-forwarded-for");
  const schemes = list("x-forwarded-proto");
  const hosts = list("x-forwarded-host");
  if (addresses.length + schemes.length + hosts.length === 0) return readElements(list("forwarded"));
  return {
    scheme: schemeIn(schemes.at(-1)),
    host: hosts.at(-1),
    addresses: addresses.map(addressIn),
  };
}

function readElements(elements: readonly string[]): Forwarded {
  const pairs = elements.map(pairsIn);
  return {
    scheme: schemeIn(pairs.at(-1)?.get("proto")),
    host: pairs.at(-1)?.get("host"),
    addresses: pairs.map((element) => addressIn(element.get("for"))),
  };
}

/** A repeated header is one list (RFC 9110 §5.3): every proxy adds its part at the end. */
function splitList(value: string | string[] | undefined): string[] {
  const text = Array.isArray(value) ? value.join(",") : (value ?? "");
  // Commas within quotes are not spared: no address, scheme or host has one, and a quote that a client left open cannot
  // swallow what a proxy added behind it.
  return text.trim() === "" ? [] : text.split(",").map((part) => part.trim());
}

const pair = /^([\w!#$%&'*+.^`|~-]+)=(?:"([^"\\]*)"|([\w!#$%&'*+.^`|~-]+))$/;

/** `for=192.0.2.1;proto=https` by lower-case name; empty when anything of it is malformed. */
function pairsIn(element: string): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  for (const part of element.split(";")) {
    const [, name, quoted, token] = pair.exec(part.trim()) ?? [];
    if (name === undefined) return new Map();
    pairs.set(name.toLowerCase(), quoted ?? token ?? "");
  }
  return pairs;
}

function schemeIn(text: string | undefined): "http" | "https" | undefined {
  const scheme = text?.toLowerCase();
  return scheme === "http" || scheme === "https" ? scheme : undefined;
}

/** `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1` or `[2001:db8::1]:4711`. */
function addressIn(text = ""): string | undefined {
  const [, bracketed, v4] = /^(?:\[([^\]]*)\]|([\d.]+))(?::\d{1,5})?$/.exec(text) ?? [];
  const address = plainAddress(bracketed ?? v4 ?? text);
  return isIP(address) === 0 ? undefined : address;
}

/** Without the zone of a link-local address, and an IPv4 address that is mapped into IPv6 as itself. */
export function plainAddress(address: string): string {
  return address.replace(/%.*$/s, "").replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, "");
}
