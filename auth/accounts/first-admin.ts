// The account that a registry without users begins with. Several processes may start at once on one metadata store: the
// name `admin` can be taken but once, so one of them makes it and knows its password.
import type { AccessStore } from "../../storage/metadata/access-store.ts";
import { AccessError } from "../access-error.ts";
import type { Users } from "./users.ts";

export interface FirstAdminParts {
  readonly access: Pick<AccessStore, "accounts">;
  readonly users: Pick<Users, "create">;
  /** undefined: one is made up. */
  readonly password: string | undefined;
  readonly randomBytes: (size: number) => Buffer;
}

export interface FirstAdmin {
  readonly name: string;
  /** To be shown once, when it was generated; it is kept nowhere. */
  readonly password: string;
  readonly generated: boolean;
}

const name = "admin";
/** 144 bits: 24 characters that can be typed and pasted. */
const generatedBytes = 18;

/**
 * Makes the system administrator `admin` when there is no user yet.
 * @returns undefined when there is one, or when another process was first
 * @throws AccessError `invalid` when the given password is too short, `taken` when a robot is called admin
 */
export async function ensureAdmin(parts: FirstAdminParts): Promise<FirstAdmin | undefined> {
  const { access, users, randomBytes } = parts;
  const existing = await access.accounts.list({ kind: "user", limit: 1 });
  if (existing.entries.length > 0) return undefined;
  const password = parts.password ?? randomBytes(generatedBytes).toString("base64url");
  try {
    const description = "made at the first start";
    await users.create({ name, password, description, systemAdmin: true });
  } catch (error) {
    if (error instanceof AccessError && error.code === "taken" && (await isUser(access))) return undefined;
    throw error;
  }
  return { name, password, generated: parts.password === undefined };
}

async function isUser({ accounts }: Pick<AccessStore, "accounts">): Promise<boolean> {
  return (await accounts.find(name))?.kind === "user";
}
