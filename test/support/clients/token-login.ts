// How clients get their tokens: after a 401 they ask the realm of its challenge, each in its own words. Of its own, so
// that the ways can be read beside each other.
import { type Answer, type Authorization, RegistryHttp } from "./registry-http.ts";

/** A name with its password, access token or robot's secret. */
export interface Login {
  name: string;
  secret: string;
}

export interface Challenge {
  realm: string;
  service: string;
  scope: string | undefined;
}

/** One request to a token server: parameters go into the query, a form into the body. */
interface TokenAttempt {
  parameters?: URLSearchParams;
  form?: URLSearchParams;
  login?: Login | undefined;
}

/** Requests of which the next is sent when the one before was refused. */
export type TokenSequence = (asked: {
  service: string;
  scopes: readonly string[];
  login: Login | undefined;
}) => TokenAttempt[];

export interface TokenAnswer {
  token: string;
  access_token: string;
  expires_in: number;
  issued_at: string;
  scope: string;
  refresh_token?: string;
}

type Asked = Parameters<TokenSequence>[0];

/** Docker's token specification: GET with the login as Basic, scopes repeated. */
function get({ service, scopes, login }: Asked, more: Record<string, string> = {}): TokenAttempt {
  const fields: [string, string][] = [
    ["service", service],
    ...scopes.map((scope): [string, string] => ["scope", scope]),
    ...Object.entries(more),
  ];
  return { parameters: new URLSearchParams(fields), login };
}

/** Its OAuth2 form: POST of the password, scopes in one field. */
function post({ service, scopes, login }: Asked, client: string): TokenAttempt {
  const password = login && { grant_type: "password", username: login.name, password: login.secret };
  const fields = { service, client_id: client, scope: scopes.join(" "), ...password };
  return { form: new URLSearchParams(fields) };
}

/** crane, ko, kaniko, cosign (go-containerregistry). */
export const tokenLikeCrane: TokenSequence = (asked) => [get(asked)];

/** oras, notation (oras-go 2). */
export const tokenLikeOras: TokenSequence = (asked) => [get(asked)];

/** Helm, whose login is a POST; it comes back with GET where that is refused. */
export const tokenLikeHelm: TokenSequence = (asked) => [post(asked, "oras-go"), get(asked)];

/** regctl (regclient): POST first, also without a login, when it names no grant. */
export const tokenLikeRegctl: TokenSequence = (asked) => [
  post(asked, "regclient"),
  get(asked, {
    client_id: "regclient",
    offline_token: "true",
    ...(asked.login && { account: asked.login.name }),
  }),
];

/** kubelet, buildx, nerdctl (containerd's authorizer): POST with a login, GET without one or when POST was refused. */
export const tokenLikeContainerd: TokenSequence = (asked) => [
  ...(asked.login ? [post(asked, "containerd-client")] : []),
  get(asked, { client_id: "containerd-client" }),
];

/** docker before it has an identity token. */
export const tokenLikeDocker: TokenSequence = (asked) => [
  get(asked, {
    client_id: "docker",
    offline_token: "true",
    ...(asked.login && { account: asked.login.name }),
  }),
];

export function parseChallenge(header: string): Challenge {
  if (!header.startsWith("Bearer ")) throw new Error(`not a Bearer challenge: ${header}`);
  const values = new Map(
    [...header.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = "", value = ""]) => [name, value]),
  );
  const { realm = "", service = "", scope } = Object.fromEntries(values);
  return { realm, service, scope };
}

export const basic = ({ name, secret }: Login): string =>
  `Basic ${Buffer.from(`${name}:${secret}`).toString("base64")}`;

export interface TokenLoginOptions {
  sequence: TokenSequence;
  login?: Login | undefined;
  /** Asked for with every token, beside the scope of the challenge: clients know what they are about to do. */
  scopes?: readonly string[];
  authority?: string;
}

/** Somebody with a login, or anonymous, who fetches tokens as one client does. */
export class TokenLogin implements Authorization {
  /** Every token that there was, the newest last. */
  readonly tokens: TokenAnswer[] = [];
  readonly #options: TokenLoginOptions;
  #scopes: string[];

  constructor(options: TokenLoginOptions) {
    this.#options = options;
    this.#scopes = [...(options.scopes ?? [])];
  }

  header(): string | undefined {
    const newest = this.tokens.at(-1);
    return newest && `Bearer ${newest.token}`;
  }

  /** @throws Error with the last answer, when no token could be had */
  async challenged(header: string): Promise<boolean> {
    const { scope, realm, service } = parseChallenge(header);
    if (scope !== undefined) this.#scopes = [...new Set([...this.#scopes, scope])];
    const { sequence, login, authority } = this.#options;
    const http = new RegistryHttp(new URL(realm).origin, { ...(authority !== undefined && { authority }) });
    try {
      let refused: Answer | undefined;
      for (const attempt of sequence({ service, scopes: this.#scopes, login })) {
        const answer = await send(http, realm, attempt);
        if (answer.status === 200) {
          this.tokens.push(JSON.parse(answer.body.toString("utf8")) as TokenAnswer);
          return true;
        }
        refused = answer;
      }
      throw new Error(`no token: ${refused?.status} ${refused?.body.toString("utf8")}`);
    } finally {
      http.close();
    }
  }
}

function send(http: RegistryHttp, realm: string, { parameters, form, login }: TokenAttempt): Promise<Answer> {
  const headers = login === undefined ? {} : { authorization: basic(login) };
  if (form === undefined) return http.send("GET", `${realm}?${parameters?.toString()}`, { headers });
  const type = "application/x-www-form-urlencoded";
  return http.send("POST", realm, { headers: { ...headers, "content-type": type }, body: form.toString() });
}
