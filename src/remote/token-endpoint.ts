// Speaks to a token server (docker's token specification, and its OAuth2 form for identity tokens).
import { discard, readWhole } from "./body.ts";
import type { BearerChallenge } from "./challenge.ts";
import type { Credentials, CredentialSource } from "./credentials/credential-source.ts";
import type { Exchange, HttpAnswer } from "./exchange.ts";
import { refusedStatus, retryAfterSeconds } from "./failures.ts";
import { follow } from "./redirects.ts";
import { RemoteError } from "./remote-error.ts";
import { checkRealm, type RealmRules } from "./token-realm.ts";

export interface IssuedToken {
  readonly token: string;
  /** From now on. */
  readonly seconds: number;
}

export interface TokenEndpointParts {
  readonly exchange: Exchange;
  readonly rules: RealmRules;
  readonly credentials: CredentialSource | undefined;
  readonly now: () => number;
}

/** What a token lives that does not say (token specification, `expires_in`). */
const unsaidSeconds = 60;
const maxTokenBytes = 256 * 1024;

export class TokenEndpoint {
  readonly #parts: TokenEndpointParts;

  constructor(parts: TokenEndpointParts) {
    this.#parts = parts;
  }

  /** @throws RemoteError refused, when the credentials (read again once) are not good enough */
  async fetch(challenge: BearerChallenge, scope: string, signal: AbortSignal): Promise<IssuedToken> {
    const { credentials: source } = this.#parts;
    const credentials = await source?.get();
    try {
      return await this.#fetchAs(credentials, challenge, scope, signal);
    } catch (error) {
      const refused = error instanceof RemoteError && error.failure === "refused";
      if (!refused || !source || !credentials) throw error;
      source.refused(credentials);
      const again = await source.get();
      if (again === credentials) throw error;
      return await this.#fetchAs(again, challenge, scope, signal);
    }
  }

  async #fetchAs(
    credentials: Credentials | undefined,
    challenge: BearerChallenge,
    scope: string,
    signal: AbortSignal,
  ): Promise<IssuedToken> {
    const realm = checkRealm(challenge.realm, credentials !== undefined, this.#parts.rules);
    const fields = new URLSearchParams(challenge.service === undefined ? {} : { service: challenge.service });
    const answer =
      credentials?.kind === "identity"
        ? await this.#post(realm, fields, scope, credentials.token, signal)
        : await this.#get(realm, fields, scope, credentials, signal);
    return this.#read(answer);
  }

  async #get(
    realm: URL,
    fields: URLSearchParams,
    scope: string,
    credentials: Extract<Credentials, { kind: "password" }> | undefined,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    const url = new URL(realm);
    for (const [name, value] of fields) url.searchParams.set(name, value);
    // Several scopes are several parameters; a challenge has them in one, with spaces between.
    for (const each of scope.split(" ").filter(Boolean)) url.searchParams.append("scope", each);
    if (credentials) url.searchParams.set("account", credentials.username);
    const headers: Record<string, string> = { accept: "application/json" };
    if (credentials) headers["authorization"] = basicAuthorization(credentials);
    const { exchange, rules } = this.#parts;
    const check = (target: URL) => {
      if (credentials && target.origin !== realm.origin) {
        throw new RemoteError(
          "failing",
          `the token server ${realm.host} redirects to another (${target.host})`,
        );
      }
      checkRealm(target.href, credentials !== undefined, rules);
    };
    const request = { method: "GET", url, headers, kind: "urgent", signal } as const;
    return await follow(exchange, request, { insecure: rules.insecure, check });
  }

  async #post(
    url: URL,
    fields: URLSearchParams,
    scope: string,
    refreshToken: string,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    fields.set("grant_type", "refresh_token");
    fields.set("client_id", "berth");
    fields.set("scope", scope);
    fields.set("refresh_token", refreshToken);
    const headers = { accept: "application/json", "content-type": "application/x-www-form-urlencoded" };
    const request = {
      method: "POST",
      url,
      headers,
      body: fields.toString(),
      kind: "urgent",
      signal,
    } as const;
    return await this.#parts.exchange.send(request);
  }

  async #read({ url, status, headers, body, size }: HttpAnswer): Promise<IssuedToken> {
    const subject = `the token server ${url.host}`;
    if (status !== 200) {
      discard(body, size);
      // Of what is not said to be a matter of rights, a missing token server must not be taken for missing content.
      const known = status === 401 || status === 403 || status === 429 ? status : status < 500 ? 500 : status;
      const error = refusedStatus(
        subject,
        known,
        "",
        retryAfterSeconds(headers.get("retry-after"), this.#parts.now()),
      );
      throw new RemoteError(error.failure, `${subject} answered ${status}`, {
        retryAfterSeconds: error.retryAfterSeconds,
      });
    }
    const issued = parseToken(await readWhole(body, maxTokenBytes, subject));
    if (!issued) throw new RemoteError("failing", `${subject} answered 200 without a token`);
    return issued;
  }
}

export function basicAuthorization({
  username,
  password,
}: Extract<Credentials, { kind: "password" }>): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

function parseToken(bytes: Buffer): IssuedToken | undefined {
  try {
    const json = JSON.parse(bytes.toString("utf8")) as Record<string, unknown> | null;
    const token = json?.["token"] || json?.["access_token"];
    // It goes into a header.
    if (typeof token !== "string" || !/^[\x21-\x7e]+$/.test(token)) return undefined;
    const said = json?.["expires_in"];
    const seconds = typeof said === "number" && said > 0 ? Math.min(said, 86_400) : unsaidSeconds;
    return { token, seconds };
  } catch {
    return undefined;
  }
}
