// People and robots who log in, with every kind of secret, and the reasons for which they are refused.
import { start } from "../accounts/open-accounts.ts";
import { openLogins } from "./open-logins.ts";

export const hour = 3_600_000;
export const wrongPassword = "the name or the password is wrong";
export const unknownSecret =
  "the secret is not known for this name: it was revoked, has ended, or is another account's";
export const mistyped = "the secret is mistyped or cut: its checksum does not fit";

/** ada and bob with passwords, ada with access tokens too; fay with nothing; the robots ci and cron. */
export async function openPeople() {
  const logins = await openLogins();
  const { users, robots, tokens } = logins;
  await users.create({ name: "ada", password: "correct horse" });
  await users.create({ name: "bob", password: "battery staple" });
  await users.create({ name: "fay" });
  const token = (wanted: object = {}) => tokens.create("ada", { label: "laptop", ...wanted });
  const robot = async (name: string, more: object = {}) =>
    (await robots.create({ name, actions: ["pull", "push"], ...more })).secret;
  return {
    ...logins,
    pat: (await token()).secret,
    limited: (await token({ actions: ["pull"] })).secret,
    passing: (await token({ expiresAt: start + hour })).secret,
    ci: await robot("ci"),
    cron: await robot("cron", { expiresAt: start + hour }),
  };
}

export type People = Awaited<ReturnType<typeof openPeople>>;
