// Docker with accounts: what its login keeps, what it may push and pull with it, and what it tells its user when not.
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DockerEngine } from "../support/clients/docker-engine.ts";
import { DockerUser, keptAs, type KeptLogin } from "../support/clients/docker-user.ts";
import { docker } from "../support/clients/installed-client.ts";
import { basic, type Login } from "../support/clients/token-login.ts";
import { accountsForThisFile, itKeepsItsSecrets } from "./accounts-process.ts";
import { addCast } from "./cast.ts";

const accounts = accountsForThisFile();

describe.skipIf(docker.missing)(`${docker.title} with accounts`, () => {
  let pusher: DockerEngine;
  let puller: DockerEngine;
  let imageId: string;
  /** A developer of the private project `team` and of the public one `base`; a guest of `team`; neither of anything. */
  let maria: Login, gast: Login, nora: Login, otto: Login;
  const people: DockerUser[] = [];
  /** busybox and two files. */
  const layers = 3;
  const name = (repository: string): string => `${accounts.current.host}/${repository}:1`;

  /** Somebody at an engine, with a login or with what a configuration keeps. */
  const at = async (engine: DockerEngine, login?: Login, kept?: Record<string, KeptLogin>) => {
    const person = await DockerUser.create(engine, kept);
    people.push(person);
    if (login !== undefined) await person.login(accounts.current.host, login);
    const token = (await person.kept(accounts.current.host))?.identitytoken;
    if (token !== undefined) accounts.current.secrets.plant(token);
    return person;
  };

  /** Pulls into an engine that has no image, and leaves it so. */
  const pull = async (person: DockerUser, repository: string): Promise<void> => {
    expect(await puller.docker("images", "--all", "--quiet")).toBe("");
    await person.docker("pull", name(repository));
    expect((await puller.inspect(name(repository))).id).toBe(imageId);
    await puller.docker("image", "rm", "--force", imageId);
  };

  const push = async (person: DockerUser, repository: string, image = "app:1"): Promise<string> => {
    await pusher.docker("tag", image, name(repository));
    return person.docker("push", name(repository));
  };

  /** `METHOD status` of every upload request for the repository. */
  const uploads = async (repository: string): Promise<string[]> =>
    (await accounts.current.berth.requests())
      .filter(({ url }) => url.startsWith(`/v2/${repository}/blobs/uploads/`))
      .map(({ method, status, url }) => `${method} ${status}${url.includes("mount=") ? " mount" : ""}`);

  beforeAll(async () => {
    const { current } = accounts;
    ({ maria, gast, nora, otto } = await addCast(current));
    [pusher, puller] = await Promise.all([DockerEngine.start(), DockerEngine.start()]);
    await pusher.build("app:1", { "one.bin": randomBytes(1_000_000), "two.bin": randomBytes(200_000) });
    imageId = (await pusher.inspect("app:1")).id;
  });
  afterAll(async () => {
    for (const person of people) await person.close();
    await pusher.close();
    await puller.close();
  });

  it("keeps a refresh token of a login by password, never the password", async () => {
    const person = await at(pusher, maria);
    const kept = await person.kept(accounts.current.host);
    expect(kept?.identitytoken).toMatch(/^berth_refresh_\w{33}$/);
    expect(Buffer.from(kept?.auth ?? "", "base64").toString()).toBe("maria:");
    expect(await person.configuration()).not.toContain(keptAs(maria));
  });

  it("pushes after a login by password; an empty engine pulls by each kind of login, and not after logout", async () => {
    const { current } = accounts;
    const { host } = current;
    await push(await at(pusher, maria), "team/app");
    const token = await current.addToken("gast", "--allow", "pull");
    const robot = await current.addRobot("reader", "--project", "team", "--allow", "pull");
    for (const login of [gast, token, robot]) {
      const person = await at(puller, login);
      if (login !== gast) expect(await person.kept(host)).toEqual({ auth: keptAs(login) });
      await pull(person, "team/app");
      await person.docker("logout", host);
      expect(await person.kept(host)).toBeUndefined();
      await expect(person.docker("pull", name("team/app"))).rejects.toThrow(/unauthorized|no basic auth/);
    }
    expect(await puller.docker("images", "--all", "--quiet")).toBe("");
  });

  it("is told that a login fails, and why where that gives nothing away", async () => {
    const { current } = accounts;
    const token = await current.addToken("gast");
    const wrong: [Login, RegExp][] = [
      [{ name: "maria", secret: "not her password" }, /unauthorized: authentication required/],
      [{ name: "stranger", secret: "whatever it is" }, /unauthorized: authentication required/],
      [{ name: "gast", secret: token.secret.slice(0, -1) }, /unauthorized: .*mistyped or cut/],
      [{ name: "maria", secret: token.secret }, /unauthorized: .*is another account's/],
    ];
    const person = await at(pusher);
    for (const [login, sentence] of wrong) {
      await expect(person.login(current.host, current.planted(login))).rejects.toThrow(sentence);
    }
    expect(await person.kept(current.host)).toBeUndefined();
  });

  it("pulls a public project with whatever login it holds, or none", async () => {
    const { current } = accounts;
    await push(await at(pusher, maria), "base/app");
    const stranger = current.planted({ name: "stranger", secret: "of another registry" });
    const wrong = current.planted({ name: "maria", secret: "an old password" });
    const logins: Record<string, KeptLogin>[] = [
      {},
      { "registry.example.com": { auth: keptAs(stranger) } },
      { [current.host]: { auth: keptAs(stranger) } },
      { [current.host]: { auth: keptAs(wrong) } },
      { [current.host]: { auth: keptAs({ name: "maria", secret: "" }), identitytoken: "ended long ago" } },
      { [current.host]: { auth: keptAs(await current.addToken("otto")) } },
    ];
    for (const kept of logins) await pull(await at(puller, undefined, kept), "base/app");
  });

  it("makes a missing project by a push, private, of its pusher", async () => {
    const { current } = accounts;
    await push(await at(pusher, nora), "fresh/app");
    const project: unknown = JSON.parse(await current.command("project", "show", "fresh", "--json"));
    expect(project).toMatchObject({ name: "fresh", public: false });
    const members = await current.command("project", "member", "list", "fresh", "--json");
    expect(JSON.parse(members)).toEqual([{ kind: "user", name: "nora", role: "maintainer" }]);
    await pull(await at(puller, nora), "fresh/app");
    for (const login of [undefined, maria]) {
      const person = await at(puller, login);
      await expect(person.docker("pull", name("fresh/app"))).rejects.toThrow(/denied|unauthorized/);
    }
  });

  it("shows its user which right is missing", async () => {
    const [guest, outsider, creator] = [
      await at(pusher, gast),
      await at(pusher, otto),
      await at(pusher, nora),
    ];
    await expect(push(guest, "team/other")).rejects.toThrow(/denied: .*you lack push on team\/other/);
    for (const project of ["team", "missing"]) {
      await expect(push(outsider, `${project}/app`)).rejects.toThrow(
        new RegExp(
          `denied: .*you lack push on ${project}/app; .*you may not create it: ask an administrator`,
        ),
      );
    }
    await expect(push(creator, "team/app")).rejects.toThrow(/denied: .*ask a maintainer of project team/);
    // Docker takes a bare "authentication required" for a failure of the moment, and tries for a minute.
    await expect(push(await at(pusher), "team/nobodys")).rejects.toThrow(
      /unauthorized: .*sign in: without an account you lack push on team\/nobodys/,
    );
    expect((await uploads("team/nobodys")).filter((line) => line === "POST 401")).toHaveLength(layers);
  });

  it("mounts the layers of a project that its user may pull, and sends those of any other", async () => {
    await push(await at(pusher, maria), "marias/copy");
    // Of all places where it knows the layers it asks for some; one of them is enough, and only the configuration is sent.
    expect(await uploads("marias/copy")).toContain("POST 201 mount");
    expect((await uploads("marias/copy")).filter((line) => line.startsWith("PATCH"))).toHaveLength(1);
    await pusher.build("hidden:1", { "three.bin": randomBytes(1_000_000) });
    await push(await at(pusher, maria), "team/hidden", "hidden:1");
    await push(await at(pusher, nora), "noras/copy", "hidden:1");
    // Docker still knows where the layer is, and asks for it; that it may not have it there is no error (REQ-18).
    const requests = await accounts.current.berth.requests();
    const fromTeam = requests.filter(
      ({ url }) => url.startsWith("/v2/noras/copy/") && url.includes("from=team%2Fhidden"),
    );
    expect(new Set(fromTeam.map(({ method, status }) => `${method} ${status}`))).toEqual(
      new Set(["POST 202"]),
    );
    expect((await uploads("noras/copy")).filter((line) => / [45]\d\d/.test(line))).toEqual([]);
    expect(await uploads("noras/copy")).toContain("PUT 201");
  });

  it("may push no more after its user has a new password, and may after the next login", async () => {
    const { current } = accounts;
    const person = await at(pusher, maria);
    await push(person, "team/app");
    const changed = await current.changePassword("maria");
    await expect(push(person, "team/app")).rejects.toThrow(/unauthorized: .*log in again/);
    await person.login(current.host, changed);
    current.secrets.plant((await person.kept(current.host))?.identitytoken ?? "");
    await push(person, "team/app");
  });

  it("is not needed: curl's Basic does as well", async () => {
    const answer = await accounts.current.berth.http.send("GET", "/v2/team/app/tags/list", {
      headers: { authorization: basic(gast) },
    });
    expect([answer.status, JSON.parse(answer.body.toString())]).toEqual([
      200,
      { name: "team/app", tags: ["1"] },
    ]);
  });
});

itKeepsItsSecrets(accounts);
