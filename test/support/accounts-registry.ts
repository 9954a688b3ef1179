// A Berth with accounts, in this process, and everybody whom its rules tell apart: one start for all attacks of a file.
// Whatever is asked through it, no answer may repeat a secret; that is checked here, so that no attack can forget it.
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { openMetadataStore } from "../../storage/metadata/open-metadata-store.ts";
import type { SigningKeyRecord } from "../../storage/metadata/access-records.ts";
import type { Answer, Sending } from "./http-request.ts";
import type { Manifest } from "./images.ts";
import { jsonOf } from "./oci-answer.ts";
import { RegistryClient } from "./registry-client.ts";
import { startRegistry, type StartedRegistry } from "./start-registry.ts";

/**
 * maintainer, developer and guest have that role in the private project `secret`; outsider has none, and may not create
 * projects, as creator may. robot belongs to `secret`, everywhere to no project; both may do everything in repositories.
 * limited is an access token of the maintainer's, for pulls alone.
 */
export const cast = [
  "admin",
  "maintainer",
  "developer",
  "guest",
  "outsider",
  "creator",
  "robot",
  "everywhere",
  "limited",
] as const;
export type Member = (typeof cast)[number];

export interface Asking extends Sending {
  /** Who asks, by an access token or a robot's secret as the password of Basic. Nobody unless given. */
  readonly as?: Member | undefined;
  /** A signed token to show. */
  readonly bearer?: string;
  readonly json?: unknown;
  /** The answer is there to hand a secret out. */
  readonly issues?: true;
}

export interface Image extends Manifest {
  readonly layers: readonly Buffer[];
}

export const passwordOf = (member: string): string => `the password of ${member}`;
export const nameOf = (member: Member): string => (member === "limited" ? "maintainer" : member);
export const basic = (name: string, secret: string): string =>
  `Basic ${Buffer.from(`${name}:${secret}`).toString("base64")}`;

const all = ["pull", "push", "delete"];
const people = ["maintainer", "developer", "guest", "outsider", "creator"] as const;

export class AccountsRegistry {
  readonly registry: StartedRegistry;
  readonly client: RegistryClient;
  readonly clock: { ahead: number };
  readonly secrets = new Map<Member, string>();
  readonly images = new Map<string, Image>();

  private constructor(registry: StartedRegistry, clock: { ahead: number }) {
    this.registry = registry;
    this.clock = clock;
    this.client = new RegistryClient(registry.url);
  }

  static async start(env: Readonly<Record<string, string>> = {}): Promise<AccountsRegistry> {
    const clock = { ahead: 0 };
    const registry = await startRegistry({
      env: { BERTH_AUTH_MODE: "accounts", ...env },
      adminPassword: passwordOf("admin"),
      now: () => Date.now() + clock.ahead,
    });
    const started = new AccountsRegistry(registry, clock);
    await started.#play();
    return started;
  }

  get url(): string {
    return this.registry.url;
  }

  async close(): Promise<void> {
    this.client.close();
    await this.registry.close();
  }

  /** @throws Error when the answer repeats what must stay secret */
  async ask(method: string, path: string, asking: Asking = {}): Promise<Answer> {
    const { as, bearer, json, issues, ...sending } = asking;
    const authorization = bearer !== undefined ? `Bearer ${bearer}` : as && this.basicOf(as);
    const answer = await this.client.send(method, path, {
      ...sending,
      ...(json !== undefined && { body: JSON.stringify(json) }),
      headers: {
        ...(authorization !== undefined && { authorization }),
        ...(json !== undefined && { "content-type": "application/json" }),
        ...sending.headers,
      },
    });
    if (issues === undefined) this.expectSilence(answer, bearer);
    return answer;
  }

  /** @param shown secrets that this request showed, beside those of the cast */
  expectSilence({ rawHeaders, body }: Pick<Answer, "rawHeaders" | "body">, ...shown: (string | undefined)[]) {
    const text = `${rawHeaders.join("\n")}\n${body.toString("latin1")}`;
    for (const secret of [...this.secrets.values(), ...cast.map(passwordOf), ...shown]) {
      if (secret === undefined || secret.length < 8) continue;
      const forms = [secret, encodeURIComponent(secret), Buffer.from(secret).toString("base64")];
      if (forms.some((form) => text.includes(form))) throw new Error(`an answer repeats a secret: ${text}`);
    }
  }

  basicOf(member: Member): string {
    return basic(nameOf(member), this.secretOf(member));
  }

  secretOf(member: Member): string {
    const secret = this.secrets.get(member);
    if (secret === undefined) throw new Error(`${member} has no secret yet`);
    return secret;
  }

  /** The image that everybody knows to be in this repository. */
  imageIn(repository: string): Image {
    const image = this.images.get(repository);
    if (image === undefined) throw new Error(`there is no image in ${repository}`);
    return image;
  }

  /** A signed token with these scopes, as far as they are granted. */
  async tokenOf(as: Member | undefined, ...scopes: readonly string[]): Promise<string> {
    const query = scopes.map((scope) => `&scope=${encodeURIComponent(scope)}`).join("");
    const answer = await this.ask("GET", `/token?service=berth${query}`, { as, issues: true });
    if (answer.status !== 200) throw new Error(`no token: ${answer.body.toString()}`);
    return textIn(jsonOf(answer), "token");
  }

  /** What an administrator does, successfully. */
  async administer(method: string, path: string, json?: unknown): Promise<unknown> {
    // each change makes the next login by password cost a hash
    const headers = { authorization: basic("admin", this.secrets.get("admin") ?? passwordOf("admin")) };
    const answer = await this.ask(method, `/api/v1${path}`, { headers, json, issues: true });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.body.toString()}`);
    return answer.body.length === 0 ? undefined : jsonOf(answer);
  }

  /** An image that this member pushes. */
  async pushImage(as: Member, repository: string, tag = "v1"): Promise<Image> {
    const image = await this.#pushing(as, (client) => client.pushImage(repository, tag));
    this.images.set(repository, image);
    return image;
  }

  /** The path of a new upload session. */
  async startUpload(as: Member, repository: string): Promise<string> {
    return this.#pushing(as, (client) => client.startUpload(repository));
  }

  /** The keys that sign this registry's tokens, newest first. */
  async signingKeys(): Promise<SigningKeyRecord[]> {
    const path = join(this.registry.dataDirectory, "berth.sqlite");
    const metadata = await openMetadataStore({ kind: "sqlite", path });
    try {
      return [...(await metadata.access.signingKeys.list())];
    } finally {
      await metadata.close();
    }
  }

  async #play(): Promise<void> {
    this.secrets.set("admin", await this.#accessToken("admin"));
    for (const name of people) {
      const mayCreateProjects = name === "creator";
      await this.administer("POST", "/users", { name, password: passwordOf(name), mayCreateProjects });
      this.secrets.set(name, await this.#accessToken(name));
    }
    await this.administer("POST", "/projects", { name: "secret" });
    await this.administer("POST", "/projects", { name: "open", public: true });
    for (const role of ["maintainer", "developer", "guest"]) {
      await this.administer("PUT", `/projects/secret/members/user/${role}`, { role });
    }
    this.secrets.set("limited", await this.#accessToken("maintainer", ["pull"]));
    const robots = { robot: "/projects/secret/robots", everywhere: "/robots" } as const;
    for (const name of ["robot", "everywhere"] as const) {
      const created = await this.administer("POST", robots[name], { name, actions: all });
      this.secrets.set(name, textIn(created, "secret"));
    }
    for (const repository of ["secret/app", "open/app"]) await this.pushImage("admin", repository);
  }

  async #pushing<T>(as: Member, push: (client: RegistryClient) => Promise<T>): Promise<T> {
    const client = new RegistryClient(this.url, { headers: { authorization: this.basicOf(as) } });
    try {
      return await push(client);
    } finally {
      client.close();
    }
  }

  async #accessToken(name: string, actions?: readonly string[]): Promise<string> {
    return textIn(
      await this.administer("POST", `/users/${name}/tokens`, { label: "test", actions }),
      "secret",
    );
  }
}

function textIn(json: unknown, key: string): string {
  const value: unknown = typeof json === "object" && json !== null ? Reflect.get(json, key) : undefined;
  if (typeof value !== "string") throw new Error(`the answer has no ${key}`);
  return value;
}

/** To be called at the top of a file; the registry is there once tests run. */
export function useAccounts(env: Readonly<Record<string, string>> = {}): () => AccountsRegistry {
  let started: AccountsRegistry | undefined;
  beforeAll(async () => {
    started = await AccountsRegistry.start(env);
  });
  afterAll(() => started?.close());
  return () => {
    if (started === undefined) throw new Error("the registry is not started yet");
    return started;
  };
}
