// The authenticator of names and secrets on a real metadata store, in a time that passes when the test says so, with
// hashing that is counted instead of costly.
import { randomBytes } from "node:crypto";
import { HashingQueue } from "../../../auth/accounts/hashing-queue.ts";
import { LoginThrottle } from "../../../auth/accounts/login-throttle.ts";
import { Passwords } from "../../../auth/accounts/passwords.ts";
import { BasicAuthenticator } from "../../../auth/authenticators/basic-authenticator.ts";
import type { Authentication, Circumstances } from "../../../auth/authenticator.ts";
import { openAccounts, plainHasher } from "../accounts/open-accounts.ts";
import { VirtualTime } from "../virtual-time.ts";

/** An htpasswd file in memory: names and plain passwords. */
export class TestHtpasswd {
  readonly entries = new Map<string, string>();
  verified: string[] = [];
  #version = 1;

  set(name: string, password: string | undefined): void {
    if (password === undefined) this.entries.delete(name);
    else this.entries.set(name, password);
    this.#version++;
  }

  async version(): Promise<number> {
    return this.#version;
  }

  async markOf(name: string): Promise<string | undefined> {
    return this.entries.has(name) ? `${name} ${this.#version}` : undefined;
  }

  async verify(name: string, password: string): Promise<boolean | undefined> {
    this.verified.push(name);
    const entry = this.entries.get(name);
    return entry === undefined ? undefined : entry === password;
  }
}

export interface OpenLoginsOptions {
  readonly htpasswd?: TestHtpasswd;
  readonly queue?: HashingQueue;
}

export async function openLogins({ htpasswd, queue = new HashingQueue() }: OpenLoginsOptions = {}) {
  const verified: string[] = [];
  const hasher = {
    ...plainHasher,
    verify: async (hash: string, password: string) => {
      verified.push(hash);
      await new Promise((resolve) => setImmediate(resolve));
      return plainHasher.verify(hash, password);
    },
  };
  const accounts = await openAccounts();
  const asked: string[] = [];
  const { secrets } = accounts.access;
  const access = {
    ...accounts.access,
    secrets: {
      ...secrets,
      findByHash: (hash: Buffer) => {
        asked.push("secret");
        return secrets.findByHash(hash);
      },
    },
  };
  const time = new VirtualTime();
  const throttle = new LoginThrottle(time);
  const passwords = new Passwords(queue, hasher);
  const parts = { ...accounts, access, passwords, throttle, htpasswd, randomBytes };
  const authenticator = new BasicAuthenticator(parts);
  const login = (
    name: string,
    secret: string,
    circumstances: Partial<Circumstances> = {},
  ): Promise<Authentication> =>
    authenticator.authenticate({ kind: "basic", name, secret }, { address: "192.0.2.1", ...circumstances });
  const bearer = (token: string): Promise<Authentication> =>
    authenticator.authenticate({ kind: "bearer", token }, { address: "192.0.2.1" });
  return { ...accounts, parts, authenticator, throttle, time, verified, asked, login, bearer };
}

export type OpenLogins = Awaited<ReturnType<typeof openLogins>>;

/** What an answer comes to, in a word or a sentence. */
export function outcomeOf(answer: Authentication): string {
  switch (answer.outcome) {
    case "accepted": {
      const { principal, grant } = answer.caller;
      const name = "name" in principal ? principal.name : principal.kind;
      return `${name}: ${grant.kind === "actions" ? grant.actions.join(",") : grant.kind}`;
    }
    case "refused":
      return answer.reason;
    case "later":
      return `later: ${answer.retryAfterSeconds}`;
  }
}
