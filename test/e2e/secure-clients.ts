// What each real client does with a login at a registry with TLS: logs in, pushes, and pulls into an empty store. Of its
// own, because Berth's own TLS and that of proxies are held to the same.
import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ContainerdEngine } from "../support/clients/containerd-engine.ts";
import { DockerEngine } from "../support/clients/docker-engine.ts";
import { DockerUser } from "../support/clients/docker-user.ts";
import { buildRandomImage, writeLayout } from "../support/clients/image-layout.ts";
import { containerd, docker, type InstalledClient, skopeo } from "../support/clients/installed-client.ts";
import { sha256 } from "../support/clients/registry-http.ts";
import { runCommand } from "../support/clients/run-command.ts";
import { createScratchFolder, removeScratchFolder } from "../support/clients/scratch-folder.ts";
import type { Login } from "../support/clients/token-login.ts";

export interface SecureRegistry {
  /** As in an image's name. */
  host: string;
  /** PEM file, alone in its folder. */
  authority: string;
  /** Lines of /etc/hosts without which docker does not find the host. */
  hosts?: readonly string[];
  /** What came to be a secret on the way. */
  plant: (secret: string) => void;
}

interface SecureClient extends InstalledClient {
  /** The manifest's digest, as it was pushed and as it was pulled. */
  pushAndPull: (registry: SecureRegistry, login: Login, repository: string) => Promise<[string, string]>;
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await createScratchFolder();
  try {
    return await work(folder);
  } finally {
    await removeScratchFolder(folder);
  }
}

const pushAndPullBySkopeo: SecureClient["pushAndPull"] = ({ host, authority }, login, repository) =>
  inFolder(async (folder) => {
    const image = buildRandomImage(300_000);
    await mkdir(join(folder, "layout"));
    await writeLayout(join(folder, "layout"), "1", image);
    const authfile = ["--authfile", join(folder, "auth.json")];
    const certificates = dirname(authority);
    const user = ["--username", login.name, "--password-stdin"];
    const flags = [...authfile, "--cert-dir", certificates, ...user];
    await runCommand("skopeo", ["login", ...flags, host], { input: login.secret });
    const copy = (...args: string[]): Promise<string> => runCommand("skopeo", ["copy", ...authfile, ...args]);
    const name = `docker://${host}/${repository}:1`;
    await copy("--dest-cert-dir", certificates, `oci:${folder}/layout:1`, name);
    await copy("--src-cert-dir", certificates, name, `dir:${folder}/back`);
    return [image.digest, sha256(await readFile(join(folder, "back/manifest.json")))];
  });

const pushAndPullByContainerd: SecureClient["pushAndPull"] = ({ host, authority }, login, repository) =>
  inFolder(async (folder) => {
    const image = buildRandomImage(300_000);
    await mkdir(join(folder, "layout"));
    await writeLayout(join(folder, "layout"), "1", image);
    await runCommand("tar", ["-C", join(folder, "layout"), "-cf", join(folder, "layout.tar"), "."]);
    await mkdir(join(folder, "hosts", host), { recursive: true });
    const lines = [`server = "https://${host}"`, `[host."https://${host}"]`, `ca = "${authority}"`];
    await writeFile(join(folder, "hosts", host, "hosts.toml"), lines.join("\n"));
    const flags = ["--hosts-dir", join(folder, "hosts"), "--user", `${login.name}:${login.secret}`];
    const name = `${host}/${repository}:1`;
    const [full, empty] = await Promise.all([ContainerdEngine.start(), ContainerdEngine.start()]);
    try {
      const archive = join(folder, "layout.tar");
      await full.ctr("images", "import", "--no-unpack", "--base-name", "berth.test/app", archive);
      await full.ctr("images", "push", ...flags, name, "berth.test/app:1");
      await empty.ctr("content", "fetch", ...flags, name);
      const listed = await empty.ctr("images", "ls", `name==${name}`);
      return [image.digest, /sha256:[0-9a-f]{64}/.exec(listed)?.[0] ?? ""];
    } finally {
      await full.close();
      await empty.close();
    }
  });

const pushAndPullByDocker: SecureClient["pushAndPull"] = async (registry, login, repository) => {
  const { host, authority, hosts = [], plant } = registry;
  const engines = await Promise.all([DockerEngine.start({ hosts }), DockerEngine.start({ hosts })]);
  const people: DockerUser[] = [];
  try {
    const name = `${host}/${repository}:1`;
    for (const engine of engines) {
      const person = await DockerUser.create(engine);
      people.push(person);
      if (hosts.length > 0) await engine.trust(host, authority);
      await person.login(host, login);
      plant((await person.kept(host))?.identitytoken ?? "");
    }
    const [pusher, puller] = engines;
    await pusher.build(name, { "one.bin": randomBytes(300_000) });
    const pushed = (await people[0]?.docker("push", name)) ?? "";
    await people[1]?.docker("pull", name);
    const { repoDigests } = await puller.inspect(name);
    return [/sha256:\w{64}/.exec(pushed)?.[0] ?? "", /sha256:\w{64}/.exec(repoDigests[0] ?? "")?.[0] ?? ""];
  } finally {
    for (const person of people) await person.close();
    for (const engine of engines) await engine.close();
  }
};

export const secureClients: readonly SecureClient[] = [
  { ...docker, pushAndPull: pushAndPullByDocker },
  { ...containerd, pushAndPull: pushAndPullByContainerd },
  { ...skopeo, pushAndPull: pushAndPullBySkopeo },
];
