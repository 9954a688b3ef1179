// The account that a registry without an administrator begins with. Several processes may start at once on one metadata store: the
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
 * Makes the system administrator `admin` when nobody could administer yet.
 * @returns undefined when somebody can, when another process was first, or when some user has the name
 * @throws AccessError `invalid` when the given password is too short, `taken` when a robot is called admin
 */
export async function ensureAdmin(parts: FirstAdminParts): Promise<FirstAdmin | undefined> {
  const { access, users, randomBytes } = parts;
  if (await hasAdministrator(access)) return undefined;
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

async function hasAdministrator({ accounts }: Pick<AccessStore, "accounts">): Promise<boolean> {
  for (let after: string | undefined; ;) {
    const { entries, more } = await accounts.list({
      kind: "user",
      limit: 500,
      ...(after !== undefined && { after }),
    });
    if (entries.some(({ systemAdmin, disabled }) => systemAdmin && !disabled)) return true;
    after = entries.at(-1)?.name;
    if (!more || after === undefined) return false;
  }
}

async function isUser({ accounts }: Pick<AccessStore, "accounts">): Promise<boolean> {
  return (await accounts.find(name))?.kind === "user";
}
