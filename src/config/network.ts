// One entry of a list of networks: an address, a network, or the word loopback. http/networks.ts reads such lists.
import { isIP } from "node:net";
import { z } from "zod";

const expected = "must be an address, a network such as 10.0.0.0/8 or fd00::/8, or the word loopback";

/** Returns what is wrong with the text, or undefined. */
function fault(text: string): string | undefined {
  if (text === "loopback") return undefined;
  const [, address = "", prefix] = /^([^/%]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(address);
  if (version === 0) return expected;
  if (/^::ffff:/i.test(address)) return "must be written as IPv4, without ::ffff:";
  const widest = version === 4 ? 32 : 128;
  return Number(prefix ?? 0) > widest
    ? `has the prefix /${prefix ?? ""}; the longest is /${widest}`
    : undefined;
}

export const network = z.string().check((context) => {
  const message = fault(context.value);
  if (message !== undefined) context.issues.push({ code: "custom", message, input: context.value });
});
