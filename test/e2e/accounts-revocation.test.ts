// Taking rights away while they are in use: a command in another process ends tokens, logins and uploads within five
// seconds in every process on the data.
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DockerEngine } from "../support/clients/docker-engine.ts";
import { DockerUser } from "../support/clients/docker-user.ts";
import { docker } from "../support/clients/installed-client.ts";
import { expectStatus, type RegistryHttp } from "../support/clients/registry-http.ts";
import { SlowLink } from "../support/clients/slow-link.ts";
import { basic, type Login, type TokenAnswer } from "../support/clients/token-login.ts";
import { accountsForThisFile, itKeepsItsSecrets } from "./accounts-process.ts";
import type { BerthProcess } from "./berth-process.ts";

/** What issue and requirement promise: a revision that is read at least every two seconds, and then some. */
const soon = { timeout: 5000, interval: 100 };
const accounts = accountsForThisFile();
let second: BerthProcess;

beforeAll(async () => {
  second = await accounts.current.berth.startAnother();
  await accounts.current.command("project", "add", "team");
});
afterAll(() => second.close());

/** A developer of `team` with everything that a login leads to, in use in both processes. */
async function developer(name: string): Promise<{ login: Login; statuses: () => Promise<number[]> }> {
  const { current } = accounts;
  const login = await current.addUser(name);
  await current.command("project", "member", "set", "team", name, "--role", "developer");
  const repository = `team/${name}`;
  const query = `service=berth&offline_token=true&scope=repository:${repository}:pull,push`;
  const uses: (() => Promise<number>)[] = [];
  for (const { http } of [current.berth, second]) {
    const given = await http.send("GET", `/token?${query}`, { headers: { authorization: basic(login) } });
    expectStatus(given, 200, `token of ${name}`);
    const { token, refresh_token: refresh = "" } = JSON.parse(given.body.toString("utf8")) as TokenAnswer;
    for (const secret of [token, refresh]) current.secrets.plant(secret);
    const headers = { authorization: `Bearer ${token}` };
    const mine = http.as({ header: () => headers.authorization, challenged: async () => false });
    const location = await mine.startUpload(repository);
    const form = `grant_type=refresh_token&service=berth&client_id=docker&refresh_token=${refresh}`;
    const type = { "content-type": "application/x-www-form-urlencoded" };
    const requests: [string, string, Parameters<RegistryHttp["send"]>[2]][] = [
      ["PATCH", location, { body: randomBytes(10) }],
      ["POST", `/v2/${repository}/blobs/uploads/`, {}],
      ["GET", `/v2/${repository}/tags/list`, {}],
      ["GET", "/v2/", { headers: { authorization: basic(login) } }],
      ["POST", "/token", { headers: type, body: `${form}&scope=repository:${repository}:pull` }],
    ];
    for (const [method, path, sending] of requests) {
      uses.push(async () => (await mine.send(method, path, sending)).status);
    }
  }
  return { login, statuses: () => Promise.all(uses.map((use) => use())) };
}

describe("raw HTTP to two processes on the same data", () => {
  it("ends everything that a login led to within five seconds of disabling the account", async () => {
    const { login, statuses } = await developer("disabled");
    const working = await statuses();
    expect(working.filter((status) => status === 401 || status === 403)).toEqual([]);
    await accounts.current.command("user", "set", login.name, "--disable");
    await expect.poll(statuses, soon).toEqual(working.map(() => 401));
  });

  it("ends it also when the account is removed", async () => {
    const { login, statuses } = await developer("removed");
    const working = await statuses();
    await accounts.current.command("user", "remove", login.name, "--yes");
    await expect.poll(statuses, soon).toEqual(working.map(() => 401));
  });

  it("ends uploads, new and begun, of whoever may no longer push, and nothing else", async () => {
    const { login, statuses } = await developer("demoted");
    await statuses();
    await accounts.current.command("project", "member", "set", "team", login.name, "--role", "guest");
    // PATCH, POST, tags, login and refresh token, in each process. The name has no tags: 404 is for those who may pull.
    await expect.poll(statuses, soon).toEqual([403, 403, 404, 200, 200, 403, 403, 404, 200, 200]);
  });

  it("ends an access token that is revoked, and leaves the other", async () => {
    const { current } = accounts;
    await current.addUser("tokens");
    const [one, other] = [await current.addToken("tokens"), await current.addToken("tokens")];
    const logins = (): Promise<number[]> =>
      Promise.all(
        [current.berth, second].flatMap(({ http }) =>
          [one, other].map(async (login) => {
            const answer = await http.send("GET", "/v2/", { headers: { authorization: basic(login) } });
            return answer.status;
          }),
        ),
      );
    expect(await logins()).toEqual([200, 200, 200, 200]);
    const listed = JSON.parse(await current.command("token", "list", "tokens", "--json")) as { id: string }[];
    await current.command("token", "revoke", "tokens", listed[1]?.id ?? "");
    await expect.poll(logins, soon).toEqual([401, 200, 401, 200]);
  });
});

describe.skipIf(docker.missing)(`${docker.title} with accounts`, () => {
  it("can't finish a push during which its user was disabled", async () => {
    const { current } = accounts;
    const { login } = await developer("pushing");
    // The layer takes some ten seconds.
    const link = await SlowLink.start(current.host, { bytesPerSecond: 300_000 });
    const engine = await DockerEngine.start();
    const person = await DockerUser.create(engine);
    try {
      const name = `${link.host}/team/interrupted:1`;
      await engine.build(name, { "layer.bin": randomBytes(3_000_000) });
      await person.login(link.host, login);
      current.secrets.plant((await person.kept(link.host))?.identitytoken ?? "");
      const pushed = person.docker("push", name).then(
        () => "pushed",
        (error: unknown) => String(error),
      );
      const opened = async (): Promise<boolean> =>
        (await current.berth.requests()).some(
          ({ method, url }) => method === "POST" && url.startsWith("/v2/team/interrupted/blobs/uploads"),
        );
      await expect.poll(opened, { timeout: 60_000, interval: 50 }).toBe(true);
      await current.command("user", "set", login.name, "--disable");
      expect(await pushed).toMatch(/unauthorized|denied/);
      const image = await current.berth.http.send("GET", "/v2/team/interrupted/manifests/1", {
        headers: { authorization: basic(await current.addUser("watching", "--admin")) },
      });
      expect(image.status).toBe(404);
    } finally {
      await person.close();
      await engine.close();
      await link.close();
    }
  });
});

itKeepsItsSecrets(accounts);
