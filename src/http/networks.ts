// A list of addresses and networks, as the configuration checks it, as a question about one address.
import { BlockList, isIP, isIPv6 } from "node:net";

/** @param list addresses, networks (`10.0.0.0/8`), or the word `loopback`; what is no address is in none */
export function networksOf(list: readonly string[]): (address: string) => boolean {
  const networks = new BlockList();
  for (const entry of list.flatMap((item) => (item === "loopback" ? ["127.0.0.0/8", "::1"] : [item]))) {
    const [address = "", prefix] = entry.split("/");
    const family = isIPv6(address) ? "ipv6" : "ipv4";
    if (prefix === undefined) networks.addAddress(address, family);
    else networks.addSubnet(address, Number(prefix), family);
  }
  return (address) => isIP(address) !== 0 && networks.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}
