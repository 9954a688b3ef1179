// A name and a password → whose they are: by the htpasswd file if the name stands there, else by the account. Every wrong
// pair costs the same work, whether the name is a user's, a robot's, one of the file's, or nobody's.
import type { AccountRecord } from "../../storage/metadata/access-records.ts";
import type { AccessStore } from "../../storage/metadata/access-store.ts";
import { maxPasswordLength, type Passwords } from "../accounts/passwords.ts";
import { passwordMark } from "../accounts/password-mark.ts";
import type { HtpasswdFile } from "./htpasswd-file.ts";
import type { Verdict } from "./verdict.ts";

export interface PasswordCheckParts {
  readonly access: Pick<AccessStore, "accounts">;
  readonly passwords: Pick<Passwords, "verify">;
  readonly htpasswd: Pick<HtpasswdFile, "verify" | "markOf"> | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly newId: () => string;
}

const wrong: Verdict = { proved: false, reason: "the name or the password is wrong" };

export class PasswordCheck {
  readonly #parts: PasswordCheckParts;

  constructor(parts: PasswordCheckParts) {
    this.#parts = parts;
  }

  /** @throws AccessError `busy` */
  async verdictOn(name: string, password: string): Promise<Verdict> {
    if (password.length > maxPasswordLength) return wrong;
    const { access, htpasswd } = this.#parts;
    const known = await access.accounts.find(name);
    // Before the password is checked: it may be changed meanwhile, and the mark must not be the new one's.
    const mark = await passwordMark(name, known?.passwordHash, htpasswd);
    if (!(await this.#isRight(name, known, password))) return wrong;
    const account = known ?? (await this.#welcome(name));
    return account === undefined ? wrong : { proved: true, account, password: mark };
  }

  async #isRight(name: string, account: AccountRecord | undefined, password: string): Promise<boolean> {
    const { htpasswd, passwords } = this.#parts;
    const inFile = await htpasswd?.verify(name, password);
    // a robot has secrets of its own, whatever the file says
    if (inFile === true && account?.kind !== "robot") return true;
    const isOwn = await passwords.verify(account?.passwordHash, password);
    return isOwn && inFile === undefined;
  }

  /** The first login of a user of the file makes the account that can be given roles and access tokens. */
  async #welcome(name: string): Promise<AccountRecord | undefined> {
    const { access, now, newId } = this.#parts;
    await access.accounts.create({
      id: newId(),
      kind: "user",
      name,
      description: "a user of the htpasswd file",
      disabled: false,
      createdAt: now(),
      mayCreateProjects: true,
      systemAdmin: false,
      passwordHash: undefined,
      project: undefined,
      actions: [],
      expiresAt: undefined,
    });
    // another process may have been first, or, within these milliseconds, a robot
    const account = await access.accounts.find(name);
    return account?.kind === "user" ? account : undefined;
  }
}
