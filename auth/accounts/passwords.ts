// Passwords of users: what a new one must be, how it is kept, and checking one. A check takes as long for a user who does
// not exist, so that nobody learns names by the clock.
import { AccessError } from "../access-error.ts";
import type { HashingQueue } from "./hashing-queue.ts";
import { beginsLikeSecret } from "./secrets.ts";

/** Loaded by the first password: it takes 20 ms of the time to start, and 11 MiB. */
const loadArgon2 = () => import("@node-rs/argon2");

export interface PasswordHasher {
  hash(password: string): Promise<string>;
  verify(hash: string, password: string): Promise<boolean>;
  /** A hash that no known password has, and that takes as long to verify as any. */
  readonly nobodys: string;
}

/** OWASP's parameters (Password Storage Cheat Sheet): 19 MiB, two passes, one thread; about 20 ms. */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

export const argon2id: PasswordHasher = {
  hash: async (password) => (await loadArgon2()).hash(password, parameters),
  verify: async (known, password) => (await loadArgon2()).verify(known, password),
  nobodys: `$argon2id$v=19$m=19456,t=2,p=1$${"A".repeat(22)}$${"A".repeat(43)}`,
};

const minLength = 8;
/** Also of a password that is shown: longer ones are foreign tokens, and not worth the work. */
export const maxPasswordLength = 256;
const controls = /\p{Cc}/u;

/** @throws AccessError `invalid`, in a sentence that says what to choose */
export function checkNewPassword(password: string): void {
  const complaint = complaintAbout(password);
  if (complaint !== undefined) throw new AccessError("invalid", complaint);
}

function complaintAbout(password: string): string | undefined {
  if (password.length < minLength || password.length > maxPasswordLength) {
    return `choose a password of ${minLength} to ${maxPasswordLength} characters`;
  }
  if (controls.test(password))
    return "choose a password without tabs, line ends and other control characters";
  if (beginsLikeSecret(password)) {
    return "choose a password that does not begin like one of Berth's own secrets (berth_…_)";
  }
  return undefined;
}

export class Passwords {
  readonly #queue: HashingQueue;
  readonly #hasher: PasswordHasher;

  constructor(queue: HashingQueue, hasher: PasswordHasher = argon2id) {
    this.#queue = queue;
    this.#hasher = hasher;
  }

  /**
   * In PHC form, for AccountRecord.passwordHash.
   * @throws AccessError `busy`
   */
  hash(password: string): Promise<string> {
    return this.#queue.run(() => this.#hasher.hash(password));
  }

  /**
   * @param known undefined when there is nothing to compare with: false, after the same work
   * @throws AccessError `busy`
   */
  async verify(known: string | undefined, password: string): Promise<boolean> {
    const { nobodys } = this.#hasher;
    const right = await this.#queue.run(() => this.#hasher.verify(known ?? nobodys, password));
    return right && known !== undefined;
  }
}
