// Very many requests at once, and very many wrong ones: good ones keep their answer, nobody is locked out, and what is
// turned down says when to come back.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { basic, passwordOf, useAccounts } from "../../../support/accounts-registry.ts";
import type { Answer } from "../../../support/http-request.ts";
import { jsonOf } from "../../../support/oci-answer.ts";

const use = useAccounts({ BERTH_HTTP_TRUSTED_PROXIES: '["loopback"]' });

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** A login by password from an address that the trusted proxy names. */
const login = (name: string, password: string, address: string): Promise<Answer> =>
  use().ask("GET", "/token?service=berth", {
    headers: { authorization: basic(name, password), "x-forwarded-for": address },
    issues: true,
  });

const times = <T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)));

function tally(answers: readonly Answer[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

function expectPatience(answers: readonly Answer[]): void {
  for (const { status, headers } of answers) {
    if (status === 429) expect(Number(headers["retry-after"])).toBeGreaterThan(0);
  }
}

/** Where hashing has a queue, a good login may be told to come back; then it does. */
async function loginInTheEnd(name: string, address: string): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const { status } = await login(name, passwordOf(name), address);
    if (status !== 429) return status;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return 429;
}

const wrongLogins = 1000;

/** Some of them wait for many seconds, as they shall: they are looked at when all else is done. */
const waiting: { flood?: Promise<Answer[]>; madeUp?: Promise<Answer[]> } = {};

describe(`${wrongLogins + 100} attacks: wrong logins`, () => {
  it("from one address lock out nobody, not even from that address", async () => {
    const attacked = ["guest", "admin", "outsider", "nobody"];
    waiting.flood = times(wrongLogins, (index) =>
      login(attacked[index % 4] ?? "", `wrong password ${index}`, "192.0.2.66"),
    );
    // All of those are on their way by now, and were first.
    const during = [
      // the account that is attacked, from elsewhere; accounts that are not; those with secrets; whoever shows nothing
      await loginInTheEnd("guest", "198.51.100.1"),
      await loginInTheEnd("admin", "198.51.100.2"),
      await loginInTheEnd("developer", "198.51.100.3"),
    ];
    expect(during).toEqual([200, 200, 200]);
    const headers = { "x-forwarded-for": "192.0.2.66" };
    const secrets = await use().ask("GET", "/v2/secret/app/tags/list", { as: "robot", headers });
    const open = await use().ask("GET", "/v2/open/app/tags/list", { headers });
    expect([secrets.status, open.status]).toEqual([200, 200]);
  });

  it("from as many addresses leave the account to its owner", async () => {
    const flood = times(100, (index) => login("maintainer", `wrong password ${index}`, `203.0.113.${index}`));
    expect(await loginInTheEnd("maintainer", "198.51.100.4")).toBe(200);
    const answers = await flood;
    expect(answers.every(({ status }) => status === 401 || status === 429)).toBe(true);
    expectPatience(answers);
    waiting.madeUp = times(100, (index) =>
      login("maintainer", `wrong password ${index}`, `203.0.113.${index}, 192.0.2.99`),
    );
  });
});

const parallel = 500;
const scope = encodeURIComponent("repository:secret/app:pull repository:open/app:pull");

describe(`${parallel * 3} attacks: the token server, asked by ${parallel} at once`, () => {
  it("answers all whose secret is good", async () => {
    const answers = await times(parallel, (index) =>
      use().ask("GET", `/token?scope=${scope}`, {
        as: (["robot", "guest", "admin"] as const)[index % 3],
        issues: true,
      }),
    );
    expect(tally(answers)).toEqual({ 200: parallel });
    expect(new Set(answers.map((answer) => (jsonOf(answer) as { token: string }).token)).size).toBe(parallel);
  });

  it("answers all whose password is good, or tells them when to come back", async () => {
    const names = ["guest", "developer", "maintainer", "outsider", "creator"];
    const answers = await times(parallel, (index) =>
      login(names[index % 5] ?? "", passwordOf(names[index % 5] ?? ""), `10.0.${index % 7}.${index % 250}`),
    );
    expectPatience(answers);
    expect(answers.filter(({ status }) => status !== 200 && status !== 429)).toEqual([]);
    expect(tally(answers)[200]).toBeGreaterThan(0);
  });

  it("answers all sorts", async () => {
    const made = ["x.y.z", "", "Basic", `Basic ${btoa("a:b")}`, "Negotiate x"];
    const answers = await times(parallel, (index) =>
      use().ask(index % 2 ? "GET" : "POST", `/token?scope=${scope}&n=${index}`, {
        headers: {
          authorization: made[index % made.length] ?? "",
          "content-type": "application/x-www-form-urlencoded",
          "x-forwarded-for": `10.1.${index % 7}.${index % 250}`,
        },
        ...(index % 2 === 0 && { body: "grant_type=refresh_token&refresh_token=x" }),
        issues: true,
      }),
    );
    expectPatience(answers);
    expect(answers.filter(({ status }) => ![200, 400, 401, 429].includes(status))).toEqual([]);
  });
});

const longOnes = 600;

describe(`${longOnes} attacks: scopes of 50 KB, each of another name`, () => {
  it.each([
    [
      "that is as long",
      (index: number) => `repository:project-number-${index}${"x".repeat(50_000)}/app:pull`,
    ],
    [
      "behind which the rest comes",
      (index: number) => `repository:project-number-${index}/app:pull ${"x".repeat(50_000)}`,
    ],
  ])("%s are not remembered", async (_, make) => {
    const ask = (from: number) =>
      times(50, (index) =>
        use().ask("GET", `/token?scope=${encodeURIComponent(make(from + index))}`, { issues: true }),
      );
    await ask(longOnes);
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    for (let from = 0; from < longOnes / 2; from += 50) {
      for (const { status } of await ask(from)) expect(status).toBe(200);
    }
    collectGarbage();
    // 15 MB otherwise
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(8_000_000);
  });
});

describe("100 attacks: wrong logins", () => {
  it("from addresses that the client makes up count as its own", async () => {
    const answers = (await waiting.madeUp) ?? [];
    expect(tally(answers)[429]).toBeGreaterThan(50);
    expectPatience(answers);
  });

  it("were all answered in the end, most without a look at the password", async () => {
    const answers = (await waiting.flood) ?? [];
    expect(Object.keys(tally(answers)).sort()).toEqual(["401", "429"]);
    expect(tally(answers)[429]).toBeGreaterThan(wrongLogins / 2);
    expectPatience(answers);
  });

  it("no account is disabled, and all log in", async () => {
    for (const name of ["guest", "admin", "outsider"]) {
      expect(await use().administer("GET", `/users/${name}`)).toMatchObject({ disabled: false });
      expect(await loginInTheEnd(name, "198.51.100.77")).toBe(200);
    }
  });
});
