// Who may read from a fake upstream: Basic credentials, or tokens of its own token endpoint.
import { randomUUID } from "node:crypto";
import { errorAnswer, jsonAnswer, type UpstreamAnswer } from "./upstream-answer.ts";
import type { UpstreamRequest } from "./upstream-request.ts";

export interface AccessOptions {
  readonly auth?: "token" | "basic" | undefined;
  /** Without them anybody gets a token. */
  readonly credentials?: { readonly username: string; readonly password: string } | undefined;
  /** What `docker login` keeps in place of a password: exchanged for tokens by POST. */
  readonly identityToken?: string | undefined;
  /** Name of the field that tokens come in; `token` unless given. */
  readonly tokenField?: "token" | "access_token" | undefined;
}

export class UpstreamAccess {
  readonly #options: AccessOptions;
  readonly #tokens = new Map<string, { readonly scopes: readonly string[]; readonly until: number }>();
  /** How long tokens live. */
  tokenSeconds = 300;
  /** What tokens say of that; the truth unless set, nothing when null. */
  saidSeconds: number | null | undefined;

  constructor(options: AccessOptions) {
    this.#options = options;
  }

  expireTokens(): void {
    this.#tokens.clear();
  }

  /** The 401, or undefined when the request may pass. */
  refuse(request: UpstreamRequest, realm: string): UpstreamAnswer | undefined {
    const { auth } = this.#options;
    if (auth === undefined) return undefined;
    if (auth === "basic") {
      const open = this.#isKnown(request.headers.authorization);
      return open
        ? undefined
        : errorAnswer(401, "UNAUTHORIZED", { "www-authenticate": 'Basic realm="fake"' });
    }
    const scope = `repository:${request.name}:pull`;
    const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "";
    const held = this.#tokens.get(token);
    const fits = (scopes: readonly string[]) => request.name === "" || scopes.includes(scope);
    if (held && held.until > Date.now() && fits(held.scopes)) return undefined;
    const wanted = request.name === "" ? "" : `,scope="${scope}"`;
    const challenge = `Bearer realm="${realm}",service="fake-upstream"${wanted}`;
    return errorAnswer(401, "UNAUTHORIZED", { "www-authenticate": challenge });
  }

  /** What the token endpoint answers. */
  token(request: UpstreamRequest, form: string): UpstreamAnswer {
    const fields = request.method === "POST" ? new URLSearchParams(form) : request.query;
    if (!this.#mayHaveToken(request, fields)) return errorAnswer(401, "UNAUTHORIZED");
    const scopes = fields.getAll("scope").flatMap((scope) => scope.split(" "));
    const token = randomUUID();
    this.#tokens.set(token, { scopes, until: Date.now() + this.tokenSeconds * 1000 });
    const field = this.#options.tokenField ?? (request.method === "POST" ? "access_token" : "token");
    const said = this.saidSeconds === undefined ? this.tokenSeconds : this.saidSeconds;
    return jsonAnswer(200, { [field]: token, ...(said === null ? {} : { expires_in: said }) });
  }

  #mayHaveToken({ method, headers }: UpstreamRequest, fields: URLSearchParams): boolean {
    const { credentials, identityToken } = this.#options;
    if (method === "POST") {
      return (
        (fields.get("grant_type") === "refresh_token" && fields.get("refresh_token") === identityToken) ||
        (fields.get("grant_type") === "password" &&
          credentials !== undefined &&
          fields.get("username") === credentials.username &&
          fields.get("password") === credentials.password)
      );
    }
    if (headers.authorization !== undefined) return this.#isKnown(headers.authorization);
    return credentials === undefined && identityToken === undefined;
  }

  #isKnown(authorization: string | undefined): boolean {
    const { credentials } = this.#options;
    if (!credentials) return false;
    const { username, password } = credentials;
    return authorization === `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  }
}
