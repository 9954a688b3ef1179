// What one registry wants to see before it answers, learned from its own words (401) and shown from then on unasked.
import { LRUCache } from "lru-cache";
import { abortable } from "./abortable.ts";
import { discard } from "./body.ts";
import { parseChallenges, type Challenge } from "./challenge.ts";
import type { CredentialSource } from "./credentials/credential-source.ts";
import type { HttpAnswer } from "./exchange.ts";
import { RemoteError } from "./remote-error.ts";
import { basicAuthorization } from "./token-endpoint.ts";
import type { TokenSource } from "./token-source.ts";

export interface AuthorizationParts {
  readonly registry: URL;
  readonly credentials: CredentialSource | undefined;
  readonly tokens: TokenSource;
}

/** What a request carried. */
interface Shown {
  readonly header: string | undefined;
  readonly scope: string;
  /** Nothing better can be had: when it is refused, it stays refused. */
  readonly fresh: boolean;
}

interface Attempt {
  readonly answer: HttpAnswer;
  /** Something was learned from it that makes another attempt worthwhile. */
  readonly again: boolean;
}

const maxAttempts = 3;
const maxScopes = 10_000;
const maxScopeLength = 1000;

export class Authorization {
  readonly #parts: AuthorizationParts;
  /** Where a registry wants another scope than the usual, by the name of the repository. */
  readonly #scopes = new LRUCache<string, string>({ max: maxScopes });
  #challenge: Challenge | undefined;
  #firstWords: Promise<unknown> | undefined;

  constructor(parts: AuthorizationParts) {
    this.#parts = parts;
  }

  /**
   * @param name of the repository; undefined asks for the registry itself, and waits for nobody's first words
   * @param send makes the request with this Authorization, and follows redirects
   * @returns the last answer, also when that is a refusal
   */
  async ask(
    name: string | undefined,
    signal: AbortSignal,
    send: (authorization: string | undefined) => Promise<HttpAnswer>,
  ): Promise<HttpAnswer> {
    for (let attempts = 1; ; attempts += 1) {
      const attempt = () => this.#attempt(name ?? "", signal, send);
      const { answer, again } = await (name === undefined ? attempt() : this.#inTurn(attempt, signal));
      if (!again || attempts === maxAttempts) return answer;
      discard(answer.body, answer.size);
    }
  }

  /** While nobody knows what the registry wants, one finds out and the others wait: else hundreds would ask in vain. */
  async #inTurn(attempt: () => Promise<Attempt>, signal: AbortSignal): Promise<Attempt> {
    if (this.#firstWords === undefined) {
      const first = attempt();
      this.#firstWords = first;
      return await first;
    }
    // Whatever came of it: from here on everybody asks for himself.
    await abortable(Promise.allSettled([this.#firstWords]), signal);
    return await attempt();
  }

  async #attempt(
    name: string,
    signal: AbortSignal,
    send: (authorization: string | undefined) => Promise<HttpAnswer>,
  ): Promise<Attempt> {
    const shown = await this.#show(name, signal);
    const answer = await send(shown.header);
    const isDenied = answer.status === 401 || answer.status === 403;
    // Where a redirect led, nothing of ours was shown and nothing is to be learned.
    if (!isDenied || answer.url.origin !== this.#parts.registry.origin) return { answer, again: false };
    try {
      const header = answer.status === 401 ? answer.headers.get("www-authenticate") : undefined;
      const again = await abortable(this.#learn(header, name, shown, answer.status), signal);
      return { answer, again };
    } catch (error) {
      discard(answer.body, answer.size);
      throw error;
    }
  }

  async #show(name: string, signal: AbortSignal): Promise<Shown> {
    const scope = this.#scopes.get(name) ?? (name === "" ? "" : `repository:${name}:pull`);
    const challenge = this.#challenge;
    if (challenge === undefined) return { header: undefined, scope, fresh: false };
    if (challenge.scheme === "basic") {
      const source = this.#parts.credentials;
      const credentials = source && (await abortable(source.get(), signal));
      const header = credentials?.kind === "password" ? basicAuthorization(credentials) : undefined;
      return { header, scope, fresh: false };
    }
    try {
      const { token, fresh } = await this.#parts.tokens.get(challenge, scope, signal);
      return { header: `Bearer ${token}`, scope, fresh };
    } catch (error) {
      this.#doubt(challenge, error);
      throw error;
    }
  }

  /** A token server that cannot be asked may have been one name's own, or may have moved: the registry is to say it again. */
  #doubt(challenge: Challenge, error: unknown): void {
    const isAnswer = !(error instanceof RemoteError) || error.failure === "refused";
    if (!isAnswer && this.#challenge === challenge) this.#challenge = undefined;
  }

  /** Takes in what the registry wants and forgets what it refused; says whether to ask once more. */
  async #learn(header: string | undefined, name: string, shown: Shown, status: number): Promise<boolean> {
    const before = this.#challenge;
    const [challenge] = parseChallenges(header);
    if (challenge) this.#challenge = challenge;
    const wanted = this.#challenge;
    if (wanted === undefined) return false;
    if (wanted.scheme === "basic") return status === 401 && (await this.#mayShowPassword(shown));
    const token = shown.header?.replace(/^Bearer /, "");
    if (token !== undefined && before?.scheme === "bearer") {
      this.#parts.tokens.drop(before, shown.scope, token);
    }
    const other = challenge && wanted.scope !== shown.scope ? (wanted.scope ?? "") : "";
    const wantsOther = other !== "" && other.length <= maxScopeLength;
    if (wantsOther) this.#scopes.set(name, other);
    return shown.header === undefined || !shown.fresh || wantsOther;
  }

  async #mayShowPassword({ header }: Shown): Promise<boolean> {
    const { credentials: source, registry } = this.#parts;
    if (!source) return false;
    const credentials = await source.get();
    if (credentials.kind === "identity") {
      throw new RemoteError("refused", `${registry.host} wants a password, and an identity token is none`);
    }
    if (header !== basicAuthorization(credentials)) return true;
    source.refused(credentials);
    const again = await source.get();
    return again.kind === "password" && basicAuthorization(again) !== header;
  }
}
