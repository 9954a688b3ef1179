// What is remembered of logins: it spares work, for a minute at most, and never outlives a change.
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { start } from "../accounts/open-accounts.ts";
import { settled } from "../virtual-time.ts";
import { outcomeOf } from "./open-logins.ts";
import { openPeople, unknownSecret, wrongPassword, type People } from "./open-people.ts";

describe("what is remembered of a login", () => {
  it("spares the hashing and the look-up of the next one", async () => {
    const { login, verified, asked, pat } = await openPeople();
    for (let count = 0; count < 5; count++) {
      await login("ada", "correct horse");
      await login("ada", pat);
    }
    expect(verified).toEqual(["hash of correct horse"]);
    expect(asked).toEqual(["secret"]);
  });

  it("spares the hashing of a wrong password too", async () => {
    const { login, verified } = await openPeople();
    for (let count = 0; count < 3; count++) await login("ada", "wrong horse");
    expect(verified).toHaveLength(1);
  });

  it("is forgotten after a minute, right or wrong", async () => {
    const { login, verified, asked, pat } = await openPeople();
    const loginAll = async () => {
      await login("ada", "correct horse");
      await login("ada", "wrong horse");
      await login("ada", pat);
    };
    // the cache keeps its time by `performance.now`, and a reading for a millisecond
    const time = { passed: 0 };
    const realNow = performance.now.bind(performance);
    const clock = vi.spyOn(performance, "now").mockImplementation(() => realNow() + time.passed);
    onTestFinished(() => clock.mockRestore());
    const pass = async (milliseconds: number) => {
      time.passed += milliseconds;
      await new Promise((resolve) => setTimeout(resolve, 5));
    };
    await loginAll();
    await pass(50_000);
    await loginAll();
    expect([verified.length, asked.length]).toEqual([2, 1]);
    await pass(10_001);
    await loginAll();
    expect([verified.length, asked.length]).toEqual([4, 2]);
  });

  it.each<[string, (people: People) => Promise<unknown>, string, (people: People) => string, string]>([
    [
      "the password is changed",
      ({ users }) => users.setPassword("ada", "another horse"),
      "ada",
      () => "correct horse",
      wrongPassword,
    ],
    [
      "an access token is revoked",
      async ({ tokens }) => {
        for (const { id } of await tokens.list("ada")) await tokens.revoke("ada", id);
      },
      "ada",
      ({ pat }) => pat,
      unknownSecret,
    ],
    [
      "a robot's secret is deleted",
      async ({ robots }) => {
        for (const { id } of await robots.listSecrets("ci")) await robots.deleteSecret("ci", id);
      },
      "ci",
      ({ ci }) => ci,
      unknownSecret,
    ],
    ["the user is deleted", ({ users }) => users.delete("ada"), "ada", () => "correct horse", wrongPassword],
    ["the robot is deleted", ({ robots }) => robots.delete("ci"), "ci", ({ ci }) => ci, unknownSecret],
  ])("is forgotten when %s", async (_, change, name, secret, outcome) => {
    const people = await openPeople();
    const shown = secret(people);
    expect((await people.login(name, shown)).outcome).toBe("accepted");
    await change(people);
    expect(outcomeOf(await people.login(name, shown))).toBe(outcome);
  });

  it("is forgotten when a wrong password becomes the right one", async () => {
    const { login, users } = await openPeople();
    expect((await login("ada", "another horse")).outcome).toBe("refused");
    await users.setPassword("ada", "another horse");
    expect(outcomeOf(await login("ada", "another horse"))).toBe("ada: all");
  });
});

describe("two secrets of one robot", () => {
  it("are both good, until the older is dropped by the next", async () => {
    const { robots, login, ci, clock } = await openPeople();
    clock.now += 1;
    const second = await robots.rotate("ci");
    expect((await login("ci", ci)).outcome).toBe("accepted");
    expect((await login("ci", second.secret)).outcome).toBe("accepted");
    clock.now += 1;
    const third = await robots.rotate("ci");
    const outcomes = [ci, second.secret, third.secret].map(
      async (secret) => (await login("ci", secret)).outcome,
    );
    expect(await Promise.all(outcomes)).toEqual(["refused", "accepted", "accepted"]);
  });
});

describe("the use of a secret", () => {
  const lastUse = async ({ access }: People, name: string) => {
    const { id = "" } = (await access.accounts.find(name)) ?? {};
    return (await access.secrets.list(id)).find(({ lastUsedAt }) => lastUsedAt !== undefined)?.lastUsedAt;
  };

  it("is noted, at most each quarter of an hour", async () => {
    const people = await openPeople();
    const { login, ci, clock, revision } = people;
    const seen: (number | undefined)[] = [];
    for (const minutes of [0, 14, 16, 30, 32]) {
      clock.now = start + minutes * 60_000;
      // what is remembered counts a minute at most, in a time that this test does not have
      await people.users.change("fay", { description: `at ${minutes}` });
      await login("ci", ci);
      await settled();
      seen.push(await lastUse(people, "ci"));
    }
    expect(seen.map((at = 0) => (at - start) / 60_000)).toEqual([0, 0, 16, 16, 32]);
    expect(revision.current).toBe(await people.access.revision());
  });

  it("is not noted for one that was refused", async () => {
    const people = await openPeople();
    await people.login("cron", people.ci);
    await settled();
    expect(await lastUse(people, "ci")).toBeUndefined();
  });
});
