// What a name and a secret proved, and what follows from it now. Apart, because the proof can be remembered for a while,
// and whether the account is still in use is asked each time.
import type { AccountRecord, SecretRecord } from "../../storage/metadata/access-records.ts";
import { dayAndTime, hasEnded, inactiveReason } from "../accounts/inactive-reason.ts";
import { knownActions } from "../accounts/input-rules.ts";
import type { Authentication } from "../authenticator.ts";
import type { Grant } from "../caller.ts";

export type Verdict =
  | {
      readonly proved: true;
      readonly account: AccountRecord;
      /** What it was proved with; undefined for a password. */
      readonly secret?: SecretRecord;
      /** Stands for the password, when it was one. */
      readonly password?: string | undefined;
    }
  | { readonly proved: false; readonly reason: string };

/** @param now milliseconds since 1970 */
export function answerTo(verdict: Verdict, now: number): Authentication {
  if (!verdict.proved) return { outcome: "refused", reason: verdict.reason };
  const { account, secret, password } = verdict;
  const reason = endedReason(secret, now) ?? inactiveReason(account, now);
  if (reason !== undefined) return { outcome: "refused", reason };
  const { kind, id, name } = account;
  const caller = { principal: { kind, id, name }, grant: grantOf(secret) };
  return { outcome: "accepted", caller, ...(password !== undefined && { password }) };
}

function endedReason(secret: SecretRecord | undefined, now: number): string | undefined {
  if (secret === undefined || !hasEnded(secret.expiresAt, now)) return undefined;
  return `the secret's validity ended on ${dayAndTime(secret.expiresAt)}: log in with another`;
}

function grantOf(secret: SecretRecord | undefined): Grant {
  if (secret?.actions === undefined) return { kind: "all" };
  return { kind: "actions", actions: knownActions(secret.actions) };
}
