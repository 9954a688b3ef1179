// Why an account that exists may nevertheless do nothing: one answer for logins, refresh tokens and signed tokens.
import type { AccountRecord } from "../../storage/metadata/access-records.ts";

/**
 * undefined for an account in use. For the eyes of its owner alone: only after a proof.
 * @param now milliseconds since 1970
 */
export function inactiveReason(
  { kind, name, disabled, expiresAt }: AccountRecord,
  now: number,
): string | undefined {
  if (disabled) return `the ${kind} ${name} is disabled: ask an administrator`;
  // REQ-55: at login, and with the day, instead of a pull that is refused later
  if (hasEnded(expiresAt, now)) return `the ${kind}'s validity ended on ${dayAndTime(expiresAt)}`;
  return undefined;
}

/** Times are milliseconds since 1970; undefined never ends. */
export function hasEnded(expiresAt: number | undefined, now: number): expiresAt is number {
  return expiresAt !== undefined && expiresAt <= now;
}

/** As in `2026-03-01 12:00 UTC`. */
export function dayAndTime(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
