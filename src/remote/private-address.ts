// Addresses that mean something only from inside: where a stranger must not send our credentials or requests.
import { BlockList, isIP } from "node:net";

const linkLocal = listOf(["169.254.0.0/16", "fe80::/10", "fd00:ec2::254/128"]);
const inside = listOf([
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "::/127",
  "fc00::/7",
]);

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", bits] = network.split("/");
    list.addSubnet(address, Number(bits), isIP(address) === 6 ? "ipv6" : "ipv4");
  }
  return list;
}

/** @param hostname as URL has it: IPv6 in brackets, IPv4 in its one canonical form */
export function isLinkLocal(hostname: string): boolean {
  return isIn(linkLocal, hostname);
}

/** Loopback, private and link-local addresses, and names that always mean one. Other names are not resolved. */
export function isPrivateHost(hostname: string): boolean {
  const name = hostname.toLowerCase().replace(/\.$/, "");
  if (name === "localhost" || name.endsWith(".localhost")) return true;
  return isIn(inside, name) || isIn(linkLocal, name);
}

function isIn(list: BlockList, hostname: string): boolean {
  const address = hostname.replace(/^\[|\]$/g, "");
  const family = isIP(address);
  // BlockList finds an IPv4 address that is written as IPv6 (::ffff:10.0.0.1), too.
  return family > 0 && list.check(address, family === 6 ? "ipv6" : "ipv4");
}
