// Users of an htpasswd file, such as one that CNCF Distribution was run with, log in with docker as before.
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hash } from "bcryptjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DockerEngine } from "../support/clients/docker-engine.ts";
import { DockerUser } from "../support/clients/docker-user.ts";
import { docker } from "../support/clients/installed-client.ts";
import { createScratchFolder, removeScratchFolder } from "../support/clients/scratch-folder.ts";
import type { Login } from "../support/clients/token-login.ts";
import { accountsForThisFile, itKeepsItsSecrets } from "./accounts-process.ts";

const theirs: Login = { name: "heidi", secret: `${randomBytes(12).toString("base64url")} of the file` };
const changed: Login = { name: "heidi", secret: `${randomBytes(12).toString("base64url")} of today` };
let folder: string;
const file = (): string => join(folder, "htpasswd");
const write = async ({ name, secret }: Login): Promise<void> =>
  writeFile(file(), `${name}:${await hash(secret, 5)}\n`);

const accounts = accountsForThisFile(async () => {
  folder = await createScratchFolder();
  await write(theirs);
  return { environment: { BERTH_AUTH_ACCOUNTS_HTPASSWD: file() } };
});
beforeAll(() => {
  for (const login of [theirs, changed]) accounts.current.planted(login);
});
afterAll(() => removeScratchFolder(folder));

describe.skipIf(docker.missing)(`${docker.title} with an htpasswd file`, () => {
  let engine: DockerEngine;
  let person: DockerUser;
  const name = (): string => `${accounts.current.host}/heidis/app:1`;

  beforeAll(async () => {
    engine = await DockerEngine.start();
    person = await DockerUser.create(engine);
    await engine.build(name(), { "one.bin": randomBytes(200_000) });
  });
  afterAll(async () => {
    await person.close();
    await engine.close();
  });

  it("logs in, and pushes to a project that becomes its user's", async () => {
    const { current } = accounts;
    await person.login(current.host, theirs);
    const token = (await person.kept(current.host))?.identitytoken ?? "";
    expect(token).toMatch(/^berth_refresh_/);
    current.secrets.plant(token);
    await person.docker("push", name());
    expect(JSON.parse(await current.command("user", "show", "heidi", "--json"))).toMatchObject({
      name: "heidi",
      systemAdmin: false,
      hasPassword: false,
      roles: [{ project: "heidis", role: "maintainer" }],
    });
  });

  it("has to log in again when the password in the file is another", async () => {
    const { current } = accounts;
    await write(changed);
    const push = (): Promise<string> =>
      person.docker("push", name()).then(
        () => "pushed",
        (error: unknown) => String(error),
      );
    await expect.poll(push, { timeout: 20_000, interval: 500 }).toMatch(/unauthorized: .*log in again/);
    await expect(person.login(current.host, theirs)).rejects.toThrow(/unauthorized/);
    await person.login(current.host, changed);
    current.secrets.plant((await person.kept(current.host))?.identitytoken ?? "");
    expect(await push()).toBe("pushed");
  });
});

itKeepsItsSecrets(accounts);
