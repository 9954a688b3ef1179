// What people may write into accounts, projects and groups, each rule with the sentence that says what to do instead:
// the same for the admin API and for the command line. Passwords have their rules in passwords.ts.
import { repositoryActions, type RepositoryAction } from "../access.ts";
import { AccessError } from "../access-error.ts";

const accountName = /^[a-z0-9][a-z0-9._-]{1,63}$/;
/** A path component of repository names (distribution-spec, "Pulling manifests"), since that is where it is read. */
const projectName = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const maxProjectName = 128;
const maxLabel = 100;
const maxDescription = 1000;
const controls = /\p{Cc}/u;

/** Users, robots and groups. REQ-55. */
export function checkName(name: string): void {
  if (name === "anonymous") {
    throw new AccessError("invalid", "choose another name: the audit trail calls those so who show no name");
  }
  if (accountName.test(name)) return;
  throw new AccessError(
    "invalid",
    "choose a name of 2 to 64 characters out of a-z, 0-9, dot, underscore and hyphen, beginning with a letter or a digit",
  );
}

export function isProjectName(name: string): boolean {
  return name.length <= maxProjectName && projectName.test(name);
}

export function checkProjectName(name: string): void {
  if (isProjectName(name)) return;
  throw new AccessError(
    "invalid",
    `choose a project name of at most ${maxProjectName} characters: a-z and 0-9 with single dots, one or two underscores or hyphens between them`,
  );
}

export function checkDescription(description: string): void {
  if (description.length <= maxDescription && !controls.test(description)) return;
  throw new AccessError(
    "invalid",
    `write the description in one line of at most ${maxDescription} characters`,
  );
}

export function checkLabel(label: string): void {
  if (label.trim() !== "" && label.length <= maxLabel && !controls.test(label)) return;
  throw new AccessError(
    "invalid",
    `give a label of 1 to ${maxLabel} characters in one line, such as where it is used`,
  );
}

/** @param expiresAt milliseconds since 1970; undefined never expires */
export function checkExpiry(expiresAt: number | undefined, now: number): void {
  if (expiresAt === undefined || (Number.isSafeInteger(expiresAt) && expiresAt > now)) return;
  throw new AccessError("invalid", "choose an expiry in the future, or none");
}

/** Each once, in the order of the scope grammar. */
export function checkActions(actions: readonly string[]): RepositoryAction[] {
  const known = knownActions(actions);
  if (known.length > 0 && actions.every((action) => known.some((one) => one === action))) return known;
  throw new AccessError("invalid", `name one or more of the actions ${repositoryActions.join(", ")}`);
}

/** Those that this program knows, each once. */
export function knownActions(actions: readonly string[]): RepositoryAction[] {
  return repositoryActions.filter((action) => actions.includes(action));
}
