// Which proxy a URL is fetched through: the configured one, or the environment's, by the rules that curl and Go have.
import { BlockList, isIP } from "node:net";

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * @param configured goes before the environment, and has no exceptions
 * @returns for each URL the URL of its proxy, or undefined
 */
export function chooseProxy(
  configured: string | undefined,
  environment: Environment,
): (url: URL) => string | undefined {
  if (configured !== undefined) return () => configured;
  const read = (name: string) => environment[name.toLowerCase()] || environment[name] || undefined;
  const httpProxy = read("HTTP_PROXY");
  const proxies: Record<string, string | undefined> = {
    "http:": httpProxy,
    "https:": read("HTTPS_PROXY") ?? httpProxy,
  };
  const isExempt = exemptBy(read("NO_PROXY") ?? "");
  return (url) => (isExempt(url) ? undefined : withScheme(proxies[url.protocol]));
}

function withScheme(proxy: string | undefined): string | undefined {
  return proxy === undefined || proxy.includes("://") ? proxy : `http://${proxy}`;
}

/** `*`, hosts with their subdomains (`.example.com`, `*.example.com`), each with a port or without; addresses and CIDR. */
function exemptBy(noProxy: string): (url: URL) => boolean {
  const entries = noProxy
    .toLowerCase()
    .split(/[,\s]+/)
    .filter(Boolean);
  const networks = new BlockList();
  for (const entry of entries) addNetwork(networks, entry);
  const names = entries.map((entry) => {
    const [, name = entry, port] = /^(.+?):(\d+)$/.exec(entry) ?? [];
    return { name: name.replace(/^\*?\./, ""), port };
  });
  return ({ hostname, port, protocol }) => {
    if (entries.includes("*")) return true;
    const host = hostname.replace(/^\[|\]$/g, "");
    const family = isIP(host);
    if (family > 0 && networks.check(host, family === 6 ? "ipv6" : "ipv4")) return true;
    const actual = port || (protocol === "https:" ? "443" : "80");
    return names.some(
      (entry) =>
        (entry.port === undefined || entry.port === actual) &&
        (host === entry.name || host.endsWith(`.${entry.name}`)),
    );
  };
}

function addNetwork(networks: BlockList, entry: string): void {
  const [address = "", bits] = entry.split("/");
  const family = isIP(address);
  if (family === 0) return;
  const type = family === 6 ? "ipv6" : "ipv4";
  const length = Number(bits ?? (family === 6 ? 128 : 32));
  if (Number.isInteger(length) && length >= 0 && length <= (family === 6 ? 128 : 32)) {
    networks.addSubnet(address, length, type);
  }
}
