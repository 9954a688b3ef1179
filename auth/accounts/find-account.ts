// Accounts by the names that people type, and the sentence for a name that is nobody's, or somebody's of the other kind.
import type { AccountRecord } from "../../storage/metadata/access-records.ts";
import type { AccessStore } from "../../storage/metadata/access-store.ts";
import { AccessError } from "../access-error.ts";

type Access = Pick<AccessStore, "accounts">;

/** @throws AccessError `unknown` */
export function findUser(access: Access, name: string): Promise<AccountRecord> {
  return findAccount(access, "user", name);
}

/** @throws AccessError `unknown` */
export function findRobot(access: Access, name: string): Promise<AccountRecord> {
  return findAccount(access, "robot", name);
}

async function findAccount(
  { accounts }: Access,
  kind: AccountRecord["kind"],
  name: string,
): Promise<AccountRecord> {
  const account = await accounts.find(name);
  if (account?.kind === kind) return account;
  if (account === undefined) throw noAccount(kind, name);
  throw new AccessError(
    "unknown",
    `there is no ${kind} called ${name}: that is the name of a ${account.kind}`,
  );
}

export function noAccount(kind: AccountRecord["kind"], name: string): AccessError {
  return new AccessError("unknown", `there is no ${kind} called ${name}`);
}

/** Users and robots share one space of names. */
export function nameTaken(name: string): AccessError {
  return new AccessError("taken", `a user or a robot is called ${name} already: choose another name`);
}
