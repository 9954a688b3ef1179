// HOST:PORT, the form in which every listening address is configured. Parsed once here, so that the servers get a host
// and a port.
import { isIP, isIPv6 } from "node:net";
import { z } from "zod";

/** `host` has no brackets around IPv6; port 0 lets the system choose. */
export type ListenAddress = { readonly host: string; readonly port: number };

const form = /^(?:\[(?<bracketed>[^\]]*)\]|(?<plain>[^:]*)):(?<port>\d{1,5})$/;
const hostName =
  /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*\.?$/i;
const expected = "must be HOST:PORT, such as 127.0.0.1:5000, [::1]:5000, or :5000 for every IPv4 address";

/** Returns the address, or a string that says what is wrong with the text. */
export function parseListenAddress(text: string): ListenAddress | string {
  const { bracketed, plain, port: digits } = form.exec(text)?.groups ?? {};
  if (digits === undefined) {
    if (/^\d{1,5}$/.test(text)) return `${expected}; write 127.0.0.1:${text} or :${text}`;
    return isIPv6(text) ? `${expected}; an IPv6 address stands in brackets: [${text}]:5000` : expected;
  }
  const port = Number(digits);
  if (port > 65_535) return `has the port ${digits}; the highest is 65535`;
  if (bracketed !== undefined) return isIPv6(bracketed) ? { host: bracketed, port } : expected;
  if (plain === undefined || plain === "") return { host: "0.0.0.0", port };
  const looksNumeric = /^[\d.]+$/.test(plain);
  return isIP(plain) === 4 || (!looksNumeric && hostName.test(plain)) ? { host: plain, port } : expected;
}

/** The inverse of parsing, also fit for the authority of a URL. */
export function formatListenAddress({ host, port }: ListenAddress): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** Whether only this machine can reach the address: 127.0.0.0/8, ::1, the same mapped into IPv6, or localhost. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  if (name === "localhost" || name === "localhost.") return true;
  if (isIPv6(name)) {
    const canonical = new URL(`http://[${name.replace(/%.*$/, "")}]`).hostname;
    return canonical === "[::1]" || /^\[::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4}\]$/.test(canonical);
  }
  return isIP(name) === 4 && name.startsWith("127.");
}

export const listenAddress = z.codec(
  z.string(),
  z.custom<ListenAddress>((value) => typeof value === "object" && value !== null),
  {
    decode: (text, context) => {
      const parsed = parseListenAddress(text);
      if (typeof parsed !== "string") return parsed;
      context.issues.push({ code: "custom", message: parsed, input: text });
      return z.NEVER;
    },
    encode: formatListenAddress,
  },
);
