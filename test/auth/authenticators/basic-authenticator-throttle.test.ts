// Logins while somebody tries passwords: what they cost, who waits, and that those who know theirs get in.
import { describe, expect, it } from "vitest";
import { HashingQueue } from "../../../auth/accounts/hashing-queue.ts";
import type { Authentication } from "../../../auth/authenticator.ts";
import { settled } from "../virtual-time.ts";
import { openLogins, outcomeOf, type OpenLoginsOptions } from "./open-logins.ts";

async function openPeople(options: OpenLoginsOptions = {}) {
  const logins = await openLogins(options);
  await logins.users.create({ name: "ada", password: "correct horse" });
  await logins.users.create({ name: "grace", password: "battery staple" });
  const { secret } = await logins.robots.create({ name: "ci", actions: ["pull"] });
  return { ...logins, ci: secret };
}

type Counts = Partial<Record<Authentication["outcome"], number>>;

function countsOf(answers: readonly Authentication[]): Counts {
  const counts: Counts = {};
  for (const { outcome } of answers) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

/** A cluster behind one address, with a secret for some other registry. */
const kubelet = { address: "203.0.113.1", patience: "none" } as const;

describe("1,000 wrong logins at once", () => {
  it("cost a few hashes, and hinder neither others nor the account's owner elsewhere", async () => {
    const { login, time, verified, ci } = await openPeople();
    await login("grace", "battery staple");
    const wrong = Array.from({ length: 1000 }, (_, index) => login("ada", `guess ${index}`));
    const good = [
      login("ada", "correct horse", { address: "198.51.100.1" }),
      login("grace", "battery staple"),
      login("grace", "battery staple", { address: "198.51.100.2" }),
      login("ci", ci),
    ];
    const answers = await Promise.all(good);
    expect(answers.map(outcomeOf)).toEqual(["ada: all", "grace: all", "grace: all", "ci: all"]);
    await time.pass(8000);
    expect(countsOf(await Promise.all(wrong))).toEqual({ refused: 15, later: 985 });
    // 15 guesses, ada, and grace once: from where does not matter to what is remembered
    expect(verified).toHaveLength(17);
  });

  it("do not lock the account at the same address either: its owner waits for some seconds", async () => {
    const { login, time } = await openPeople();
    const wrong = Array.from({ length: 1000 }, (_, index) => login("ada", `guess ${index}`));
    await time.pass(8000);
    await Promise.all(wrong);
    const owner = login("ada", "correct horse");
    await time.pass(8000);
    expect(outcomeOf(await owner)).toBe("ada: all");
    expect(outcomeOf(await login("ada", "correct horse"))).toBe("ada: all");
  });

  it("of one password are one hash, and count as a thousand", async () => {
    const { login, time, verified, throttle } = await openPeople();
    const wrong = Array.from({ length: 1000 }, () => login("ada", "wrong horse"));
    await time.pass(8000);
    const counts = countsOf(await Promise.all(wrong));
    expect(verified).toHaveLength(1);
    expect((counts.refused ?? 0) + (counts.later ?? 0)).toBe(1000);
    expect(counts.refused).toBeLessThan(20);
    expect(throttle.delayMilliseconds({ name: "ada", address: "192.0.2.1" })).toBe(8000);
  });
});

describe("many logins at once with the right password", () => {
  it("are one hash, and none of them waits", async () => {
    const { login, verified, time } = await openPeople();
    const answers = await Promise.all(Array.from({ length: 500 }, () => login("ada", "correct horse")));
    expect(countsOf(answers)).toEqual({ accepted: 500 });
    expect(verified).toHaveLength(1);
    expect(time.sleeping).toEqual([]);
  });

  it("are also one hash each time that something about accounts changed", async () => {
    const { login, verified, users } = await openPeople();
    for (let count = 0; count < 3; count++) {
      await users.change("grace", { description: `${count}` });
      const answers = await Promise.all(Array.from({ length: 50 }, () => login("ada", "correct horse")));
      expect(countsOf(answers)).toEqual({ accepted: 50 });
    }
    expect(verified).toHaveLength(3);
  });
});

describe("a remembered refusal", () => {
  it("costs no hash, and counts for the throttle all the same", async () => {
    const { login, verified, time } = await openPeople();
    for (let count = 0; count < 5; count++) await login("ada", "wrong horse");
    const sixth = login("ada", "wrong horse");
    await settled();
    expect(time.sleeping).toEqual([500]);
    await time.pass(500);
    expect(outcomeOf(await sixth)).toBe("the name or the password is wrong");
    expect(verified).toHaveLength(1);
  });
});

describe("hashing that is overloaded", () => {
  it("is a reason to come again, and no failure", async () => {
    const { login, throttle } = await openPeople({ queue: new HashingQueue(1, 0) });
    const [first, second] = await Promise.all([login("ada", "correct horse"), login("grace", "wrong horse")]);
    expect([first, second].map(outcomeOf)).toEqual(["ada: all", "later: 2"]);
    expect(throttle.delayMilliseconds({ name: "grace", address: "192.0.2.1" })).toBe(0);
    expect(outcomeOf(await login("grace", "battery staple"))).toBe("grace: all");
  });
});

describe("credentials on a public pull", () => {
  it("that are foreign cost a hash a few times, then nothing, and never a wait", async () => {
    const { login, verified, time } = await openPeople();
    const answers: Authentication[] = [];
    for (let count = 0; count < 50; count++)
      answers.push(await login("hub-user", `key ${count % 10}`, kubelet));
    expect(time.sleeping).toEqual([]);
    expect(verified).toHaveLength(5);
    // the five that are remembered are refused again, the others not judged
    expect(countsOf(answers)).toEqual({ refused: 25, later: 25 });
  });

  it("that are foreign and always the same count once", async () => {
    const { login, throttle, verified } = await openPeople();
    for (let count = 0; count < 100; count++) await login("hub-user", "a key of the hub", kubelet);
    expect(verified).toHaveLength(1);
    expect(throttle.delayMilliseconds({ name: "hub-user", ...kubelet })).toBe(0);
  });

  it("that are right are recognised, also many at once", async () => {
    const { login, verified } = await openPeople();
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => login("ada", "correct horse", kubelet)),
    );
    expect(answers.map(outcomeOf)).toEqual(Array(50).fill("ada: all"));
    expect(verified).toHaveLength(1);
  });

  it("are no way to guess more passwords than at the door", async () => {
    const { login, verified } = await openPeople();
    const guesses = Array.from({ length: 200 }, (_, index) => login("ada", `guess ${index}`, kubelet));
    expect(countsOf(await Promise.all(guesses))).toEqual({ refused: 5, later: 195 });
    expect(verified).toHaveLength(5);
    expect(outcomeOf(await login("ada", "correct horse", kubelet))).toBe("later: 1");
  });

  it("do not wait for the same ones that do wait elsewhere", async () => {
    const { login, time } = await openPeople();
    for (let count = 0; count < 5; count++)
      await login("ada", `guess ${count}`, { address: kubelet.address });
    const patient = login("ada", "correct horse", { address: kubelet.address });
    await settled();
    expect(time.sleeping).toEqual([500]);
    expect(outcomeOf(await login("ada", "correct horse", kubelet))).toBe("later: 1");
    await time.pass(500);
    expect(outcomeOf(await patient)).toBe("ada: all");
    expect(outcomeOf(await login("ada", "correct horse", kubelet))).toBe("ada: all");
  });
});
