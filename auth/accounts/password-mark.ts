// A text that stands for one password of one user: whoever keeps it can tell whether that password is still the one
// that counts. Apart, because the check of a password takes it and refresh tokens are bound to it.
import { createHash } from "node:crypto";

/** The htpasswd file, if there is one: a text for the user's entry, undefined without one. */
export type HtpasswdMarks = { markOf(name: string): Promise<string | undefined> } | undefined;

/** Of the password that counts for this name: the file's, if it stands there, else the account's own. */
export async function passwordMark(
  name: string,
  passwordHash: string | undefined,
  htpasswd: HtpasswdMarks,
): Promise<string | undefined> {
  const entry = await htpasswd?.markOf(name);
  if (entry !== undefined) return `htpasswd ${entry}`;
  if (passwordHash === undefined) return undefined;
  // the hash has a salt of its own: the same password, set again, is another one
  return `password ${createHash("sha256").update(passwordHash).digest("base64url").slice(0, 16)}`;
}
