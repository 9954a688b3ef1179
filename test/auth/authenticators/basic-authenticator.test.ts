// Who a name and a secret make somebody, and with what reason they make nobody.
import { randomBytes } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { RefreshTokens } from "../../../auth/accounts/refresh-tokens.ts";
import { newSecret } from "../../../auth/accounts/secrets.ts";
import { start } from "../accounts/open-accounts.ts";
import { outcomeOf } from "./open-logins.ts";
import { hour, mistyped, openPeople, unknownSecret, wrongPassword, type People } from "./open-people.ts";

describe("a name with a secret", () => {
  let people: People;
  beforeEach(async () => {
    people = await openPeople();
  });

  it.each<[string, string, (people: People) => string, string]>([
    ["a user's password", "ada", () => "correct horse", "ada: all"],
    ["a wrong password", "ada", () => "wrong horse", wrongPassword],
    ["somebody else's password", "ada", () => "battery staple", wrongPassword],
    ["the name in other letters", "Ada", () => "correct horse", wrongPassword],
    ["an unknown name", "eve", () => "correct horse", wrongPassword],
    ["a user without a password", "fay", () => "correct horse", wrongPassword],
    ["no secret", "ada", () => "", wrongPassword],
    ["a robot with a user's password", "ci", () => "correct horse", wrongPassword],
    ["an empty name", "", () => "correct horse", wrongPassword],
    ["a hash in place of the password", "ada", () => "hash of correct horse", wrongPassword],
    ["the hash that nobody has", "eve", () => "nobody's", wrongPassword],
    ["a secret of megabytes", "ada", () => "x".repeat(3_000_000), wrongPassword],
    ["a user's access token", "ada", ({ pat }) => pat, "ada: all"],
    ["a limited access token", "ada", ({ limited }) => limited, "ada: pull"],
    ["an access token that will end", "ada", ({ passing }) => passing, "ada: all"],
    ["somebody else's access token", "bob", ({ pat }) => pat, unknownSecret],
    ["an access token without its name", "", ({ pat }) => pat, unknownSecret],
    ["a robot's secret", "ci", ({ ci }) => ci, "ci: all"],
    ["another robot's secret", "cron", ({ ci }) => ci, unknownSecret],
    ["a robot's secret for a user", "ada", ({ ci }) => ci, unknownSecret],
    ["a secret that nobody has", "ada", () => newSecret("personal", randomBytes), unknownSecret],
    ["a secret that was cut", "ada", ({ pat }) => pat.slice(0, -1), mistyped],
    ["a secret with a space behind it", "ada", ({ pat }) => `${pat} `, mistyped],
  ])("is judged: %s", async (_, name, secret, outcome) => {
    const shown = secret(people);
    expect(outcomeOf(await people.login(name, shown))).toBe(outcome);
    expect(outcomeOf(await people.login(name, shown))).toBe(outcome);
  });

  it("makes a principal with the account's kind, id and name", async () => {
    const { access, login, ci } = people;
    const robot = await access.accounts.find("ci");
    expect(await login("ci", ci)).toEqual({
      outcome: "accepted",
      caller: { principal: { kind: "robot", id: robot?.id, name: "ci" }, grant: { kind: "all" } },
    });
  });

  it("is not judged by a refresh token", async () => {
    const { access, parts, login, bearer } = people;
    const refreshTokens = new RefreshTokens({ ...parts, access, htpasswd: undefined, refreshSeconds: 60 });
    const ada = await access.accounts.find("ada");
    const token = await refreshTokens.issue({ kind: "user", id: ada?.id ?? "", name: "ada" }, "mark");
    expect(outcomeOf(await login("ada", token))).toBe(unknownSecret);
    expect(outcomeOf(await bearer(token))).toBe(unknownSecret);
  });

  it("costs no hashing when the secret is one that Berth makes, right or wrong", async () => {
    const { login, verified, pat, ci } = people;
    await login("ada", pat);
    await login("bob", pat);
    await login("ci", ci);
    await login("ada", pat.slice(0, -1));
    await login("ada", newSecret("personal", randomBytes));
    expect(verified).toEqual([]);
  });

  it("never comes back in a reason", async () => {
    const { login, bearer, users, pat, ci, clock, cron } = people;
    await users.change("ada", { disabled: true });
    clock.now = start + hour;
    const shown: [string, string][] = [
      ["ada", "correct horse"],
      ["ada", "wrong horse"],
      ["ada", pat],
      ["bob", pat],
      ["bob", ci],
      ["cron", cron],
      ["ada", pat.slice(0, -1)],
    ];
    for (const [name, secret] of shown) {
      for (const answer of [await login(name, secret), await bearer(secret)]) {
        expect(answer.outcome).toBe(secret === ci && answer.outcome === "accepted" ? "accepted" : "refused");
        expect(JSON.stringify(answer)).not.toContain(secret);
      }
    }
  });
});

describe("a secret alone", () => {
  it.each<[string, (people: People) => string, string]>([
    ["a user's access token", ({ pat }) => pat, "ada: all"],
    ["a limited access token", ({ limited }) => limited, "ada: pull"],
    ["a robot's secret", ({ ci }) => ci, "ci: all"],
    ["one that nobody has", () => newSecret("robot", randomBytes), unknownSecret],
    ["one that was cut", ({ pat }) => pat.slice(0, -1), mistyped],
    ["a password", () => "correct horse", mistyped],
  ])("is judged: %s", async (_, secret, outcome) => {
    const people = await openPeople();
    expect(outcomeOf(await people.bearer(secret(people)))).toBe(outcome);
  });

  it("is remembered apart from the same secret with a name", async () => {
    const { bearer, login, pat } = await openPeople();
    await bearer(pat);
    for (const name of ["", "bob", "null", "undefined"]) {
      expect(outcomeOf(await login(name, pat))).toBe(unknownSecret);
    }
  });

  it("is not nothing", async () => {
    const { authenticator } = await openPeople();
    const answer = await authenticator.authenticate({ kind: "none" }, { address: "192.0.2.1" });
    expect(outcomeOf(answer)).toBe("show a name with its password, or an access token");
  });
});

describe("an account that is not in use", () => {
  const ended = `validity ended on 2030-01-01 01:00 UTC`;

  it.each<[string, string, (people: People) => string, string]>([
    ["an expired robot", "cron", ({ cron }) => cron, `the robot's ${ended}`],
    [
      "an expired access token",
      "ada",
      ({ passing }) => passing,
      `the secret's ${ended}: log in with another`,
    ],
  ])("is told so at login: %s, also when it was in use just before", async (_, name, secret, reason) => {
    const people = await openPeople();
    people.clock.now = start + hour - 1;
    expect((await people.login(name, secret(people))).outcome).toBe("accepted");
    people.clock.now = start + hour;
    expect(outcomeOf(await people.login(name, secret(people)))).toBe(reason);
    expect(outcomeOf(await people.bearer(secret(people)))).toBe(reason);
  });

  it("tells its state to nobody who has not shown its secret", async () => {
    const { users, robots, login, clock, pat } = await openPeople();
    await users.change("ada", { disabled: true });
    await robots.change("ci", { disabled: true });
    clock.now = start + hour;
    expect(outcomeOf(await login("ada", "wrong horse"))).toBe(wrongPassword);
    expect(outcomeOf(await login("ci", pat))).toBe(unknownSecret);
    expect(outcomeOf(await login("cron", pat))).toBe(unknownSecret);
    expect(outcomeOf(await login("cron", "wrong"))).toBe(wrongPassword);
  });

  it.each<[string, string, (people: People) => string, string]>([
    ["its password", "ada", () => "correct horse", "the user ada is disabled: ask an administrator"],
    ["its access token", "ada", ({ pat }) => pat, "the user ada is disabled: ask an administrator"],
    ["its secret", "ci", ({ ci }) => ci, "the robot ci is disabled: ask an administrator"],
  ])("is refused when it was disabled, and says so to %s", async (_, name, secret, reason) => {
    const people = await openPeople();
    expect((await people.login(name, secret(people))).outcome).toBe("accepted");
    const { id = "" } = (await people.access.accounts.find(name)) ?? {};
    await people.access.accounts.change(id, { disabled: true });
    await people.revision.refresh();
    expect(outcomeOf(await people.login(name, secret(people)))).toBe(reason);
  });
});

describe("a store that fails", () => {
  it("is an error, and no refusal that would be remembered", async () => {
    const people = await openPeople();
    await people.metadata.close();
    await expect(people.login("ada", "correct horse")).rejects.toThrow();
    await expect(people.login("ada", people.pat)).rejects.toThrow();
    expect(people.throttle.delayMilliseconds({ name: "ada", address: "192.0.2.1" })).toBe(0);
  });
});
