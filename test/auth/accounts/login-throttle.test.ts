// Whoever tries passwords is slowed down; whoever knows theirs is not, wherever the others come from.
import { describe, expect, it } from "vitest";
import { LoginThrottle, tryLater } from "../../../auth/accounts/login-throttle.ts";
import type { Authentication } from "../../../auth/authenticator.ts";
import { VirtualTime } from "../virtual-time.ts";

const good: Authentication = {
  outcome: "accepted",
  caller: { principal: { kind: "user", id: "1", name: "ada" }, grant: { kind: "all" } },
};
const bad: Authentication = { outcome: "refused", reason: "wrong" };

function openThrottle() {
  const time = new VirtualTime();
  const throttle = new LoginThrottle(time);
  const judged: string[] = [];
  const attempt = (name: string, address: string, verdict: Authentication = bad) =>
    throttle.attempt({ name, address }, async () => {
      judged.push(`${name} from ${address}`);
      return verdict;
    });
  const fail = async (times: number, name: string, address: string) => {
    for (let count = 0; count < times; count++) {
      const failing = attempt(name, address);
      await time.pass(8000);
      await failing;
    }
  };
  /** Failures that come together, so that no time forgives them. */
  const failAtOnce = async (names: readonly string[], address: string) => {
    const failing = names.map((name) => attempt(name, address));
    await time.pass(8000);
    await Promise.all(failing);
  };
  return { time, throttle, attempt, judged, fail, failAtOnce };
}

const names = (count: number) => Array.from({ length: count }, (_, index) => `user-${index}`);

describe("the throttle on one account from one address", () => {
  it("lets five failures pass, then makes each try wait twice as long as the one before, up to 8 s", async () => {
    const { time, attempt } = openThrottle();
    const waits: number[] = [];
    for (let count = 0; count < 12; count++) {
      const running = attempt("ada", "192.0.2.1");
      const [wait = 0] = time.sleeping;
      waits.push(wait);
      await time.pass(wait);
      await running;
    }
    expect(waits).toEqual([0, 0, 0, 0, 0, 500, 1000, 2000, 4000, 8000, 8000, 8000]);
  });

  it("does not judge before the wait is over", async () => {
    const { time, attempt, judged, failAtOnce } = openThrottle();
    await failAtOnce(Array<string>(5).fill("ada"), "192.0.2.1");
    judged.length = 0;
    const running = attempt("ada", "192.0.2.1", good);
    await time.pass(499);
    expect(judged).toEqual([]);
    await time.pass(1);
    expect(judged).toEqual(["ada from 192.0.2.1"]);
    expect(await running).toBe(good);
  });

  it("is over with a good login", async () => {
    const { time, throttle, attempt, fail } = openThrottle();
    await fail(20, "ada", "192.0.2.1");
    const login = attempt("ada", "192.0.2.1", good);
    await time.pass(8000);
    expect(await login).toBe(good);
    expect(throttle.delayMilliseconds({ name: "ada", address: "192.0.2.1" })).toBe(0);
  });

  it("slows tries that come at once like tries one after the other", () => {
    const { time, attempt, judged } = openThrottle();
    for (let count = 0; count < 9; count++) void attempt("ada", "192.0.2.1");
    expect(judged).toHaveLength(5);
    expect(time.sleeping).toEqual([500, 1000, 2000, 4000]);
  });

  it("counts neither what could not be judged, nor what failed to be judged", async () => {
    const { throttle, attempt } = openThrottle();
    const who = { name: "ada", address: "192.0.2.1" };
    for (let count = 0; count < 10; count++) await attempt(who.name, who.address, tryLater(1000));
    for (let count = 0; count < 10; count++) {
      const failing = throttle.attempt(who, () => Promise.reject(new Error("no database")));
      await expect(failing).rejects.toThrow("no database");
    }
    expect(throttle.delayMilliseconds(who)).toBe(0);
  });

  it("takes all addresses of an IPv6 network for one", async () => {
    const { throttle, failAtOnce } = openThrottle();
    await failAtOnce(Array<string>(5).fill("ada"), "2001:db8:1:2::1");
    expect(throttle.delayMilliseconds({ name: "ada", address: "2001:db8:1:2::2" })).toBeGreaterThan(0);
    expect(throttle.delayMilliseconds({ name: "ada", address: "2001:db8:1:3::1" })).toBe(0);
  });
});

describe("the throttle on an address", () => {
  it("lets fifty failures on many accounts pass, then makes every account wait there, and nowhere else", async () => {
    const { time, throttle, attempt, failAtOnce } = openThrottle();
    await failAtOnce(names(49), "192.0.2.1");
    expect(throttle.delayMilliseconds({ name: "grace", address: "192.0.2.1" })).toBe(0);
    await failAtOnce(names(10), "192.0.2.1");
    expect(throttle.delayMilliseconds({ name: "grace", address: "192.0.2.1" })).toBeGreaterThan(0);
    expect(throttle.delayMilliseconds({ name: "grace", address: "192.0.2.2" })).toBe(0);
    const login = attempt("grace", "192.0.2.1", good);
    await time.pass(8000);
    expect(await login).toBe(good);
  });

  it("slows tries that come at once like tries one after the other", () => {
    const { time, attempt, judged } = openThrottle();
    for (const name of names(54)) void attempt(name, "192.0.2.1");
    expect(judged).toHaveLength(50);
    expect(time.sleeping).toEqual([500, 1000, 2000, 4000]);
  });

  it("does not slow who logged in from there last", async () => {
    const { throttle, attempt, failAtOnce } = openThrottle();
    await attempt("grace", "192.0.2.1", good);
    await failAtOnce(names(60), "192.0.2.1");
    expect(throttle.delayMilliseconds({ name: "alan", address: "192.0.2.1" })).toBeGreaterThan(0);
    expect(throttle.delayMilliseconds({ name: "grace", address: "192.0.2.1" })).toBe(0);
  });

  it("is over half a minute after the last failure, however many there were", async () => {
    const { time, throttle, failAtOnce } = openThrottle();
    for (let round = 0; round < 20; round++) await failAtOnce(names(50), "192.0.2.1");
    await time.pass(30_000);
    expect(throttle.delayMilliseconds({ name: "grace", address: "192.0.2.1" })).toBe(0);
  });
});

describe("waiting in the throttle", () => {
  it("is for ten at a time from one address; the next are sent away and told when to come back", async () => {
    const { time, attempt, judged } = openThrottle();
    const all = Array.from({ length: 20 }, () => attempt("ada", "192.0.2.1"));
    expect(judged).toHaveLength(5);
    expect(time.sleeping).toHaveLength(10);
    const sentAway = await Promise.all(all.slice(15));
    expect(sentAway).toEqual(Array(5).fill({ outcome: "later", retryAfterSeconds: 8 }));
    await time.pass(8000);
    expect(judged).toHaveLength(15);
    expect(await Promise.all(all.slice(0, 15))).toEqual(Array(15).fill(bad));
  });

  it("is for a hundred at a time from everywhere, and leaves alone who need not wait", async () => {
    const { time, attempt } = openThrottle();
    const addresses = Array.from({ length: 12 }, (_, index) => `192.0.2.${index}`);
    const all = addresses.flatMap((address) => Array.from({ length: 15 }, () => attempt("ada", address)));
    expect(time.sleeping).toHaveLength(100);
    expect(await attempt("ada", "198.51.100.1", good)).toBe(good);
    await time.pass(8000);
    const outcomes = (await Promise.all(all)).map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome === "later")).toHaveLength(20);
    expect(time.sleeping).toEqual([]);
  });

  it("names at least a second", () => {
    expect([1, 500, 1000, 1001, 8000].map((delay) => tryLater(delay))).toEqual(
      [1, 1, 1, 2, 8].map((retryAfterSeconds) => ({ outcome: "later", retryAfterSeconds })),
    );
  });
});

describe("1,000 wrong logins on one account", () => {
  it("do not hinder its owner elsewhere, nor others at the same address who logged in before", async () => {
    const { time, attempt, judged } = openThrottle();
    await attempt("grace", "192.0.2.1", good);
    const wrong = [];
    for (let round = 0; round < 100; round++) {
      wrong.push(...Array.from({ length: 10 }, () => attempt("ada", "192.0.2.1")));
      expect(await attempt("ada", "198.51.100.1", good)).toBe(good);
      expect(await attempt("grace", "192.0.2.1", good)).toBe(good);
      await time.pass(1000);
    }
    await time.pass(8000);
    const outcomes = (await Promise.all(wrong)).map(({ outcome }) => outcome);
    const tried = judged.filter((who) => who === "ada from 192.0.2.1").length;
    expect(outcomes).toHaveLength(1000);
    expect(outcomes.filter((outcome) => outcome === "refused")).toHaveLength(tried);
    // five for nothing, some at the growing delays, then ten in eight seconds
    expect(tried).toBeLessThan(160);
    expect(tried).toBeGreaterThan(100);
  });

  it("do not keep the account's owner out even at the same address, once they end", async () => {
    const { time, attempt } = openThrottle();
    const wrong = Array.from({ length: 1000 }, () => attempt("ada", "192.0.2.1"));
    await time.pass(8000);
    await Promise.all(wrong);
    const login = attempt("ada", "192.0.2.1", good);
    await time.pass(8000);
    expect(await login).toBe(good);
  });
});
