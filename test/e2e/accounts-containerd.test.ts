// containerd with accounts: `ctr --user`, which sends the login with the OAuth2 form, as kubelet does with a pull secret.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ContainerdEngine } from "../support/clients/containerd-engine.ts";
import { buildRandomImage, writeLayout } from "../support/clients/image-layout.ts";
import { containerd } from "../support/clients/installed-client.ts";
import { runCommand } from "../support/clients/run-command.ts";
import { createScratchFolder, removeScratchFolder } from "../support/clients/scratch-folder.ts";
import type { Login } from "../support/clients/token-login.ts";
import { accountsForThisFile, itKeepsItsSecrets } from "./accounts-process.ts";
import { addCast } from "./cast.ts";

const accounts = accountsForThisFile();

describe.skipIf(containerd.missing)(`${containerd.title} with accounts`, () => {
  let folder: string;
  let engine: ContainerdEngine;
  /** A developer of the private project `team` and of the public one `base`; neither of anything. */
  let maria: Login, nora: Login, otto: Login;
  const image = buildRandomImage(900_000);
  const name = (repository: string): string => `${accounts.current.host}/${repository}:1`;
  const user = (login?: Login): string[] => (login ? ["--user", `${login.name}:${login.secret}`] : []);

  const push = (repository: string, login?: Login): Promise<string> =>
    engine.ctr("images", "push", "--plain-http", ...user(login), name(repository), "berth.test/app:1");

  /** Fetches everything into a store that has nothing. */
  const pull = async (repository: string, login?: Login): Promise<void> => {
    const empty = await ContainerdEngine.start();
    try {
      await empty.ctr("content", "fetch", "--plain-http", ...user(login), name(repository));
      const held = [image.digest, ...image.blobs.keys()];
      expect((await empty.contentDigests()).sort()).toEqual(held.sort());
    } finally {
      await empty.close();
    }
  };

  beforeAll(async () => {
    const { current } = accounts;
    ({ maria, nora, otto } = await addCast(current));
    folder = await createScratchFolder();
    engine = await ContainerdEngine.start();
    await mkdir(join(folder, "layout"));
    await writeLayout(join(folder, "layout"), "1", image);
    const archive = join(folder, "layout.tar");
    await runCommand("tar", ["-C", join(folder, "layout"), "-cf", archive, "."]);
    await engine.ctr("images", "import", "--no-unpack", "--base-name", "berth.test/app", archive);
  });
  afterAll(async () => {
    await engine.close();
    await removeScratchFolder(folder);
  });

  it("pushes by password, and an empty store pulls by each kind of login, and not without one", async () => {
    const { current } = accounts;
    await push("team/app", maria);
    const token = await current.addToken("maria", "--allow", "pull");
    const robot = await current.addRobot("reader", "--project", "team", "--allow", "pull");
    for (const login of [maria, token, robot]) await pull("team/app", login);
    const denied = /unauthorized|authorization failed|401/i;
    await expect(pull("team/app")).rejects.toThrow(denied);
    for (const login of [
      { name: "maria", secret: "not her password" },
      { name: "stranger", secret: "whatever it is" },
    ]) {
      await expect(pull("team/app", current.planted(login))).rejects.toThrow(denied);
    }
  });

  it("pulls a public project with whatever login it is given, or none", async () => {
    const { current } = accounts;
    await push("base/app", maria);
    const stranger = current.planted({ name: "stranger", secret: "of another registry" });
    const wrong = current.planted({ name: "maria", secret: "an old password" });
    for (const login of [undefined, stranger, wrong]) await pull("base/app", login);
  });

  it("makes a missing project by a push, private, of its pusher", async () => {
    await push("fresh/app", nora);
    const shown = await accounts.current.command("project", "show", "fresh", "--json");
    expect(JSON.parse(shown)).toMatchObject({ name: "fresh", public: false });
    await pull("fresh/app", nora);
    await expect(pull("fresh/app", maria)).rejects.toThrow(/403 Forbidden/);
  });

  it("is refused where its user lacks push, and where a project would have to be made", async () => {
    for (const repository of ["team/app", "missing/app"]) {
      await expect(push(repository, otto)).rejects.toThrow(/403 Forbidden/);
    }
    await expect(push("missing/app")).rejects.toThrow(/unauthorized|authorization failed|401/i);
  });

  it("mounts the layers of a project that its user may pull, and sends those of any other", async () => {
    for (const [login, repository, mounted] of [
      [maria, "marias/copy", true],
      [nora, "noras/copy", false],
    ] as const) {
      const store = await ContainerdEngine.start();
      try {
        // What it pulls it remembers as from there, whoever pushes it on.
        await store.ctr("content", "fetch", "--plain-http", ...user(maria), name("team/app"));
        const names = [name(repository), name("team/app")];
        await store.ctr("images", "push", "--plain-http", ...user(login), ...names);
      } finally {
        await store.close();
      }
      const requests = await accounts.current.berth.requests();
      const sent = requests.filter(({ url }) => url.startsWith(`/v2/${repository}/blobs/uploads/`));
      const mounts = sent.filter(({ url }) => url.includes("from=team/app")).map(({ status }) => status);
      expect(new Set(mounts)).toEqual(new Set([mounted ? 201 : 202]));
      expect(sent.some(({ method, status }) => method === "PUT" && status === 201)).toBe(!mounted);
      expect(sent.filter(({ status }) => status >= 400)).toEqual([]);
      await pull(repository, login);
    }
  });
});

itKeepsItsSecrets(accounts);
