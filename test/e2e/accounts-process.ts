// Berth in accounts mode, and `berth …` on its data, each command a process of its own as an administrator's is. Of its
// own, because every file of accounts starts one, makes its people, and ends by looking for their secrets in the log.
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { PlantedSecrets } from "../support/clients/planted-secrets.ts";
import type { RegistryHttp } from "../support/clients/registry-http.ts";
import { runCommand } from "../support/clients/run-command.ts";
import { type Login, TokenLogin, type TokenLoginOptions } from "../support/clients/token-login.ts";
import { berthForThisFile, type BerthOptions, berthProgram, type BerthProcess } from "./berth-process.ts";

export const admin = "admin";

export class AccountsBerth {
  readonly berth: BerthProcess;
  readonly secrets: PlantedSecrets;
  readonly #environment: Record<string, string>;
  readonly #logins: TokenLogin[] = [];

  constructor(berth: BerthProcess, environment: Record<string, string>, secrets: PlantedSecrets) {
    this.berth = berth;
    this.#environment = environment;
    this.secrets = secrets;
  }

  get host(): string {
    return this.berth.host;
  }

  /** `berth args…`; its standard output without the last line end. */
  command(...args: string[]): Promise<string> {
    return this.commandWith(undefined, ...args);
  }

  async commandWith(input: string | undefined, ...args: string[]): Promise<string> {
    const output = await runCommand(
      process.execPath,
      [berthProgram, ...args, "--data", this.berth.data],
      input === undefined
        ? { environment: this.#environment }
        : { environment: this.#environment, input: `${input}\n` },
    );
    return output.trimEnd();
  }

  async addUser(name: string, ...flags: string[]): Promise<Login> {
    const login = this.planted({ name, secret: newPassword() });
    await this.commandWith(login.secret, "user", "add", name, "--password-stdin", ...flags);
    return login;
  }

  async changePassword(name: string): Promise<Login> {
    const login = this.planted({ name, secret: newPassword() });
    await this.commandWith(login.secret, "user", "passwd", name, "--password-stdin");
    return login;
  }

  /** An access token of a user, who shows it as a password. */
  async addToken(name: string, ...flags: string[]): Promise<Login> {
    const secret = await this.command("token", "add", name, "--label", "end to end", ...flags);
    return this.planted({ name, secret });
  }

  async addRobot(name: string, ...flags: string[]): Promise<Login> {
    return this.planted({ name, secret: await this.command("robot", "add", name, ...flags) });
  }

  async rotateRobot(name: string): Promise<Login> {
    return this.planted({ name, secret: await this.command("robot", "rotate", name) });
  }

  planted(login: Login): Login {
    this.secrets.plantLogin(login);
    return login;
  }

  /** Bare HTTP for somebody who fetches tokens as a client does; for nobody without a login. */
  http(options: TokenLoginOptions): RegistryHttp {
    const login = new TokenLogin(options);
    this.#logins.push(login);
    return this.berth.http.as(login);
  }

  /** Tokens that the logins of `http` were given. */
  plantTokens(): void {
    for (const { token, refresh_token: refresh } of this.#logins.flatMap(({ tokens }) => tokens)) {
      this.secrets.plant(token);
      if (refresh !== undefined) this.secrets.plant(refresh);
    }
  }
}

/** With what clients are known to stumble over, in a form that can be found again wherever it is written. */
function newPassword(): string {
  return `${randomBytes(12).toString("base64url")} +ä%:&=`;
}

/** As `berthForThisFile`, with accounts and a log that leaves nothing out. */
export function accountsForThisFile(options: Record<string, string> | (() => Promise<BerthOptions>) = {}): {
  readonly current: AccountsBerth;
} {
  const secrets = new PlantedSecrets();
  const password = newPassword();
  secrets.plantLogin({ name: admin, secret: password });
  let settings = {};
  const berth = berthForThisFile(async () => {
    const given = typeof options === "function" ? await options() : { environment: options };
    settings = { BERTH_AUTH_MODE: "accounts", BERTH_LOG_LEVEL: "trace", ...given.environment };
    return { ...given, environment: { ...settings, BERTH_ADMIN_PASSWORD: password } };
  });
  let accounts: AccountsBerth | undefined;
  beforeAll(() => {
    accounts = new AccountsBerth(berth.current, settings, secrets);
  });
  return {
    get current() {
      if (accounts === undefined) throw new Error("Berth is started before the first test");
      return accounts;
    },
  };
}

/** The last sentence of a file, or of a block: whatever was planted until then is nowhere to be read. */
export function itKeepsItsSecrets(accounts: { readonly current: AccountsBerth }): void {
  describe("Berth", () => {
    it("has written no password, secret or token into its log, its audit trail or its database", async () => {
      const { current } = accounts;
      current.plantTokens();
      expect(current.secrets.count).toBeGreaterThan(3);
      const trail = await current.command("audit", "--json", "--limit", "10000");
      expect(JSON.parse(trail)).not.toEqual([]);
      expect(current.secrets.foundIn(trail)).toEqual([]);
      for (const file of await writtenFiles(current.berth)) {
        expect([file, current.secrets.foundIn(readFileSync(file, "latin1"))]).toEqual([file, []]);
      }
    });
  });
}

/** The logs of all its processes, and its database. */
async function writtenFiles({ folder, data }: BerthProcess): Promise<string[]> {
  const logs = (await readdir(folder)).filter((name) => name.startsWith("log-"));
  const database = (await readdir(data)).filter((name) => name.startsWith("berth.sqlite"));
  expect([logs.length > 0, database.length > 0]).toEqual([true, true]);
  return [...logs.map((name) => join(folder, name)), ...database.map((name) => join(data, name))];
}
