// skopeo, buildah and podman with accounts: the same sentences for each, since each promises the same to its users.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ContainersProgram, ContainersUser } from "../support/clients/containers-user.ts";
import { keptAs } from "../support/clients/docker-user.ts";
import { buildah, podman, skopeo } from "../support/clients/installed-client.ts";
import type { Login } from "../support/clients/token-login.ts";
import { accountsForThisFile, itKeepsItsSecrets } from "./accounts-process.ts";
import { addCast } from "./cast.ts";

const accounts = accountsForThisFile();
/** A developer of the private project `team` and of the public one `base`; a guest of `team`; neither of anything. */
let maria: Login, gast: Login, nora: Login, otto: Login;

beforeAll(async () => {
  const { current } = accounts;
  ({ maria, gast, nora, otto } = await addCast(current));
});

const tools: { program: ContainersProgram; title: string; missing: boolean }[] = [
  { ...skopeo, program: "skopeo" },
  { ...buildah, program: "buildah" },
  { ...podman, program: "podman" },
];

for (const { program, title, missing } of tools) {
  describe.skipIf(missing)(`${title} with accounts`, () => {
    /** The one store that has images. */
    let pusher: ContainersUser;
    const people: ContainersUser[] = [];
    const name = (project: string, suffix = ""): string =>
      `${accounts.current.host}/${project}/${program}${suffix}:1`;

    /** Somebody with an empty store. */
    const somebody = async (login?: Login): Promise<ContainersUser> => {
      const person = await ContainersUser.create(program);
      people.push(person);
      if (login !== undefined) await person.login(accounts.current.host, login);
      return person;
    };

    const pushAs = async (login: Login, source: string, target: string): Promise<void> => {
      await pusher.login(accounts.current.host, login);
      try {
        await pusher.push(source, target);
      } finally {
        await pusher.logout(accounts.current.host);
      }
    };

    beforeAll(async () => {
      pusher = await somebody();
      await pusher.make("app");
      await pusher.make("hidden");
    });
    afterAll(async () => {
      for (const person of people) await person.close();
    });

    it("pushes after a login; an empty store pulls by each kind of login, and not after logout", async () => {
      const { current } = accounts;
      await pushAs(maria, "app", name("team"));
      const token = await current.addToken("gast", "--allow", "pull");
      const robot = await current.addRobot(`reader-${program}`, "--project", "team", "--allow", "pull");
      const digests = new Set<string>();
      for (const login of [gast, token, robot]) {
        const person = await somebody(login);
        digests.add(await person.pull(name("team")));
        await person.logout(current.host);
        await expect(person.pull(name("team"))).rejects.toThrow(/unauthorized|authentication required/);
      }
      expect(digests.size).toBe(1);
    });

    it("is told that a login fails", async () => {
      const { current } = accounts;
      const person = await somebody();
      for (const login of [
        { name: "maria", secret: "not her password" },
        { name: `stranger-${program}`, secret: "whatever it is" },
        { name: "gast", secret: (await current.addToken("gast")).secret.slice(0, -1) },
      ]) {
        await expect(person.login(current.host, current.planted(login))).rejects.toThrow(
          /invalid username\/password|unauthorized/,
        );
      }
    });

    it("pulls a public project with whatever login it holds, or none", async () => {
      const { current } = accounts;
      await pushAs(maria, "app", name("base"));
      const stranger = current.planted({ name: `stranger-${program}`, secret: "of another registry" });
      const wrong = current.planted({ name: "maria", secret: "an old password" });
      for (const logins of [
        {},
        { "registry.example.com": { auth: keptAs(stranger) } },
        { [current.host]: { auth: keptAs(stranger) } },
        { [current.host]: { auth: keptAs(wrong) } },
      ]) {
        const person = await somebody();
        await person.keep(logins);
        await person.pull(name("base"));
      }
    });

    it("makes a missing project by a push, private, of its pusher", async () => {
      const project = `fresh-${program}`;
      await pushAs(nora, "app", name(project));
      const shown = await accounts.current.command("project", "show", project, "--json");
      expect(JSON.parse(shown)).toMatchObject({ name: project, public: false });
      await (await somebody(nora)).pull(name(project));
      await expect((await somebody()).pull(name(project))).rejects.toThrow(/unauthorized|authentication/);
      await expect((await somebody(maria)).pull(name(project))).rejects.toThrow(/you lack pull on|denied/);
    });

    it("shows its user which right is missing", async () => {
      await expect(pushAs(gast, "app", name("team", "-no"))).rejects.toThrow(
        /denied: .*you lack push on team/,
      );
      // Without pull it ends where it looks for what is there, since an answer to HEAD has no words.
      for (const project of ["team", "missing"]) {
        await expect(pushAs(otto, "app", name(project))).rejects.toThrow(/403 \(Forbidden\)/);
      }
    });

    it("sends the layers that it knows from a project which its user may not pull", async () => {
      await pushAs(maria, "hidden", name("team", "-hidden"));
      await pushAs(nora, "hidden", name(`noras-${program}`));
      const requests = await accounts.current.berth.requests();
      const sent = requests.filter(({ url }) =>
        url.startsWith(`/v2/noras-${program}/${program}/blobs/uploads/`),
      );
      expect(sent.filter(({ method, status }) => method === "POST" && status === 201)).toEqual([]);
      expect(sent.filter(({ status }) => status >= 400)).toEqual([]);
      expect(sent.filter(({ method, status }) => method === "PUT" && status === 201)).not.toEqual([]);
      await (await somebody(nora)).pull(name(`noras-${program}`));
    });
  });
}

itKeepsItsSecrets(accounts);
