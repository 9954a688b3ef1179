// The frame around the work of one command: the accounts are opened, used and closed; a change is recorded in the audit
// trail before it is acknowledged; and what goes wrong becomes a sentence.
import type { OpenAccess } from "../../assembly/access-services.ts";
import { AccessError } from "../../../auth/access-error.ts";
import type { Config } from "../../config/load-config.ts";
import type { TrailEntry } from "../../../auth/audit-trail.ts";
import { configFrom } from "../config-options.ts";
import { AccessFailure } from "../explain-failure.ts";
import type { Terminal } from "../terminal.ts";
import type { AccessOptions, AccessParts } from "./access-command.ts";

/** As much as the admin API writes. */
const maxCharacters = 1000;

/** A line of the audit trail. Never says a password or a secret. */
export type Change = {
  /** Such as `user.create`. */
  readonly action: string;
  readonly target: string;
  readonly detail?: string;
};

/** @throws AccessFailure */
export async function withAccess<T>(
  { terminal, openAccess }: AccessParts,
  options: AccessOptions,
  work: (access: OpenAccess, config: Config) => Promise<T>,
): Promise<T> {
  const config = configFrom(options, terminal);
  try {
    const access = await openAccess(config, { now: terminal.now });
    try {
      return await work(access, config);
    } finally {
      await access.close();
    }
  } catch (cause) {
    throw new AccessFailure(config, cause);
  }
}

/** As `withAccess`, for work that changes something. */
export async function withChange<T>(
  parts: AccessParts,
  options: AccessOptions,
  change: Change,
  work: (access: OpenAccess) => Promise<T>,
): Promise<T> {
  const { terminal } = parts;
  return withAccess(parts, options, async (access, { auth }) => {
    try {
      const result = await work(access);
      await access.trail.write(entryOf(terminal, change, "allowed", change.detail));
      if (auth.mode !== "accounts") terminal.stderr(modeNote(auth));
      return result;
    } catch (error) {
      if (error instanceof AccessError) {
        await access.trail.write(entryOf(terminal, change, "failed", error.message));
      }
      throw error;
    }
  });
}

/** A line of the audit trail, written by whoever sits at this machine. */
export function entryOf(
  terminal: Terminal,
  { action, target }: Change,
  outcome: TrailEntry["outcome"],
  detail = "",
): TrailEntry {
  return {
    actor: `cli:${terminal.systemUser()}`,
    action,
    target: target.slice(0, maxCharacters),
    outcome,
    detail: detail.slice(0, maxCharacters),
    address: undefined,
    requestId: undefined,
  };
}

function modeNote({ mode, reason }: Config["auth"]): string {
  return `note: accounts have an effect where auth.mode is accounts; with the configuration given here it is ${mode} (${reason})\n`;
}
