// Who is behind an address, for counting: with IPv6 everybody has a network of 2^64 addresses to come from, so the network
// is what counts.
import { isIPv6 } from "node:net";

/** An IPv4 address as it is, of an IPv6 address the first 64 bits: `2001:db8:0:7::/64`. */
export function clientNetwork(address: string): string {
  if (!isIPv6(address)) return address;
  const [plain = ""] = address.split("%");
  const mapped = /^::ffff:([0-9.]+)$/i.exec(plain)?.[1];
  if (mapped !== undefined) return mapped;
  const network = groupsOf(plain).slice(0, 4);
  return `${network.map((group) => parseInt(group, 16).toString(16)).join(":")}::/64`;
}

/** The eight groups, or seven when the last two are written as an IPv4 address. */
function groupsOf(address: string): string[] {
  const [head = [], tail = []] = address
    .split("::")
    .map((part) => part.split(":").filter((group) => group !== ""));
  const missing = 8 - head.length - tail.length;
  return address.includes("::") ? [...head, ...Array<string>(missing).fill("0"), ...tail] : head;
}
