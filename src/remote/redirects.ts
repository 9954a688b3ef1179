// Redirects are followed here, never passed on (REQ-63): what was meant for the registry stays with the registry.
import { discard } from "./body.ts";
import type { Exchange, HttpAnswer, HttpRequest } from "./exchange.ts";
import { isLinkLocal } from "./private-address.ts";
import { RemoteError } from "./remote-error.ts";

const redirecting = new Set([301, 302, 303, 307, 308]);
const maxRedirects = 5;

export interface RedirectRules {
  /** Whether https may lead to http. */
  readonly insecure: boolean;
  /** Told of each host that differs from the one before. */
  readonly onHost?: ((host: string) => void) | undefined;
  /** Further conditions on where it may lead; throws. */
  readonly check?: ((target: URL) => void) | undefined;
}

/** Authorization goes as far as its origin (scheme, host and port), and does not come back with the way. */
export async function follow(
  exchange: Exchange,
  request: HttpRequest,
  rules: RedirectRules,
): Promise<HttpAnswer> {
  let current = request;
  for (let redirects = 0; ; redirects += 1) {
    const answer = await exchange.send(current);
    const location = answer.headers.get("location");
    if (!redirecting.has(answer.status) || location === undefined) return answer;
    discard(answer.body, answer.size);
    if (redirects === maxRedirects) throw nonsense(request.url, "redirects too often");
    const target = targetOf(location, current.url, rules);
    rules.check?.(target);
    if (target.host !== current.url.host) rules.onHost?.(target.host);
    const stays = target.origin === current.url.origin;
    current = { ...current, url: target, headers: stays ? current.headers : withoutSecrets(current.headers) };
  }
}

function withoutSecrets(headers: HttpRequest["headers"]): HttpRequest["headers"] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== "authorization"));
}

function targetOf(location: string, from: URL, { insecure }: RedirectRules): URL {
  if (!URL.canParse(location, from.href)) throw nonsense(from, "redirects to what is no URL");
  const target = new URL(location, from);
  if (target.protocol !== "https:" && target.protocol !== "http:") {
    throw nonsense(from, `redirects to a ${target.protocol} URL`);
  }
  if (from.protocol === "https:" && target.protocol === "http:" && !insecure) {
    throw nonsense(from, `redirects from https to http (${target.host})`);
  }
  // A cloud's metadata service answers whoever asks from inside.
  if (isLinkLocal(target.hostname) && target.hostname !== from.hostname) {
    throw nonsense(from, `redirects to the link-local address ${target.hostname}`);
  }
  target.username = "";
  target.password = "";
  return target;
}

function nonsense(from: URL, what: string): RemoteError {
  return new RemoteError("failing", `${from.host} ${what}`);
}
