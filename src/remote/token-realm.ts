// Where a challenge may send us for tokens. Whoever answers in the registry's place could name any realm, and
// credentials would go there (peers.md 4.0.6; CVE-2020-15157 was such a leak).
import { isPrivateHost } from "./private-address.ts";
import { RemoteError } from "./remote-error.ts";

export interface RealmRules {
  readonly registry: URL;
  readonly insecure: boolean;
}

/**
 * @param hasCredentials whether anything is sent along that is worth stealing
 * @throws RemoteError failing, when the realm is none to go to
 */
export function checkRealm(realm: string, hasCredentials: boolean, { registry, insecure }: RealmRules): URL {
  const refuse = (reason: string) =>
    new RemoteError("failing", `${registry.host} sends for tokens to a realm that ${reason}`);
  if (!URL.canParse(realm)) throw refuse("is no URL");
  const url = new URL(realm);
  if (url.protocol !== "https:" && url.protocol !== "http:") throw refuse("is neither https nor http");
  if (url.username !== "" || url.password !== "") throw refuse("has a user in it");
  const sameHost = url.hostname === registry.hostname;
  if (!sameHost && isPrivateHost(url.hostname)) {
    throw refuse(`is a private address and not its own (${url.hostname})`);
  }
  if (url.protocol === "http:" && !insecure) {
    if (registry.protocol === "https:") throw refuse(`is http, while the registry is https (${url.host})`);
    if (hasCredentials && !sameHost) throw refuse(`is http and another host (${url.host})`);
  }
  return url;
}
