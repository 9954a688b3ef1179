// A base image for Berth's own, made on the spot because none can be pulled: a Debian from debootstrap with what Berth's
// Dockerfile asks of its bases, this machine's Node, npm and Node headers.
import { cp, mkdir, realpath, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { DockerEngine } from "./docker-engine.ts";
import { runCommand } from "./run-command.ts";

export interface NpmSettings {
  registry: string;
  /** Certificates that npm trusts on this machine; absent when it uses its own. */
  certificates: string | undefined;
}

export async function npmSettings(): Promise<NpmSettings> {
  const setting = async (name: string): Promise<string> =>
    (await runCommand("npm", ["config", "get", name])).trim();
  const certificates = await setting("cafile");
  return {
    registry: await setting("registry"),
    certificates: certificates === "null" ? undefined : certificates,
  };
}

/** Imports the image into the engine under `name`. `/usr` in it is the folder of Node's headers. */
export async function importNodeBase(engine: DockerEngine, name: string, folder: string): Promise<void> {
  const root = join(folder, "root");
  const packages = "python3,make,g++";
  const codename =
    /VERSION_CODENAME=(\w+)/.exec(await runCommand("cat", ["/etc/os-release"]))?.[1] ?? "bookworm";
  await runCommand("debootstrap", ["--variant=minbase", `--include=${packages}`, codename, root], {
    timeoutSeconds: 900,
  });
  await copyNode(root);
  const { certificates } = await npmSettings();
  const changes: string[] = [];
  if (certificates !== undefined) {
    await mkdir(join(root, "etc/ssl/npm"), { recursive: true });
    await cp(certificates, join(root, "etc/ssl/npm/certificates.pem"), { dereference: true });
    changes.push("--change", "ENV NODE_EXTRA_CA_CERTS=/etc/ssl/npm/certificates.pem");
    changes.push("--change", "ENV npm_config_cafile=/etc/ssl/npm/certificates.pem");
  }
  const archive = join(folder, "root.tar");
  await runCommand("tar", [
    "-C",
    root,
    "--exclude=./dev/*",
    "--exclude=./var/cache/apt/archives/*.deb",
    "-cf",
    archive,
    ".",
  ]);
  await engine.docker("import", ...changes, archive, name);
}

/** Node, npm and the headers, from wherever this process runs them. */
async function copyNode(root: string): Promise<void> {
  const node = await realpath(process.execPath);
  const prefix = dirname(dirname(node));
  await cp(node, join(root, "usr/bin/node"));
  await cp(join(prefix, "include/node"), join(root, "usr/include/node"), { recursive: true });
  const modules = (await runCommand("npm", ["root", "--global"])).trim();
  await cp(join(modules, "npm"), join(root, "usr/lib/node_modules/npm"), { recursive: true });
  await runCommand("ln", ["-s", "../lib/node_modules/npm/bin/npm-cli.js", join(root, "usr/bin/npm")]);
  await stat(join(root, "usr/include/node/node.h"));
}
