// Berth's own image, built from the Dockerfile and run: it serves as nobody in particular, keeps its volume, is private
// unless told otherwise, and clients push to it. The engine that runs it has a network of its own, so that the port it
// publishes is not the machine's.
import { randomBytes } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DockerEngine } from "../support/clients/docker-engine.ts";
import { DockerUser } from "../support/clients/docker-user.ts";
import { buildRandomImage, writeLayout } from "../support/clients/image-layout.ts";
import { debootstrap, docker, skopeo } from "../support/clients/installed-client.ts";
import { importNodeBase, npmSettings } from "../support/clients/node-base-image.ts";
import { sha256 } from "../support/clients/registry-http.ts";
import { runCommand } from "../support/clients/run-command.ts";
import { createScratchFolder, removeScratchFolder } from "../support/clients/scratch-folder.ts";

const sources = new URL("../..", import.meta.url).pathname;

describe.skipIf(docker.missing || debootstrap.missing || skopeo.missing)(
  `${docker.title}, Berth's image`,
  () => {
    let folder: string;
    let engine: DockerEngine;
    const image = buildRandomImage(1_000_000);

    beforeAll(async () => {
      folder = await createScratchFolder();
      engine = await DockerEngine.start();
      await mkdir(join(folder, "layout"));
      await writeLayout(join(folder, "layout"), "1", image);
      await mkdir(join(folder, "base"));
      await importNodeBase(engine, "node-base", join(folder, "base"));
    }, 900_000);
    afterAll(async () => {
      await engine.docker("rm", "--force", "berth").catch(() => undefined);
      await engine.close();
      await removeScratchFolder(folder);
    });

    it("is built from the Dockerfile on a base that was made here", { timeout: 900_000 }, async () => {
      const { registry: packages } = await npmSettings();
      const settings = {
        BUILD_IMAGE: "node-base",
        BASE_IMAGE: "node-base",
        NPM_CONFIG_REGISTRY: packages,
        NPM_CONFIG_NODEDIR: "/usr",
      };
      const flags = Object.entries(settings).flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]);
      const build = ["build", "--network", "host", "--tag", "berth", ...flags, sources];
      await engine.dockerWith({ timeoutSeconds: 900 }, ...build);
      const inside = (...args: string[]): Promise<string> =>
        engine.docker("run", "--rm", "--network", "none", ...args);
      expect(await inside("berth", "--version")).toMatch(/^\d+\.\d+\.\d+/);
      const packagesInside = await inside("--entrypoint", "ls", "berth", "/berth/node_modules");
      expect(packagesInside).not.toMatch(/^(vitest|typescript)$/m);
    });

    describe("with a bridge and published ports", () => {
      const host = "127.0.0.1:5000";
      const team = `${host}/team/app:1`;
      let network: string;
      let person: DockerUser;

      beforeAll(async () => {
        network = await engine.enterOwnNetwork();
        person = await DockerUser.create(engine);
      });
      afterAll(() => person.close());

      /** Starts the registry in the background, as a user would, in place of the one before. */
      const serve = async (volume: string, ...flags: string[]): Promise<void> => {
        await engine.docker("rm", "--force", "berth").catch(() => undefined);
        const named = ["--name", "berth", "--volume", `${volume}:/data`, "--health-interval", "1s"];
        await engine.docker("run", "--detach", ...named, "--publish", "5000:5000", ...flags, "berth");
        await expect.poll(health, { timeout: 60_000, interval: 200 }).toBe("healthy");
      };
      const health = (): Promise<string> =>
        engine.docker("inspect", "--format", "{{.State.Health.Status}}", "berth");
      /** skopeo in the network where the engine publishes ports. */
      const copy = (flag: string, from: string, to: string): Promise<string> => {
        const command = ["skopeo", "copy", `--${flag}-tls-verify=false`, from, to];
        return runCommand("nsenter", ["--target", network, "--net", ...command]);
      };
      const pullAnew = async (): Promise<void> => {
        await engine.docker("image", "rm", "--force", team);
        await person.docker("pull", team);
      };

      it("keeps accounts when nothing else is said, and prints the administrator's password once", async () => {
        await serve("private");
        const logs = await engine.logs("berth");
        const [, secret = ""] = /name: +admin\n *password: (\S+)\n/.exec(logs) ?? [];
        expect(logs.split(secret)).toHaveLength(2);
        expect(logs).toContain("auth mode accounts (not set, and other machines reach 0.0.0.0:5000)");
        await person.login(host, { name: "admin", secret });
        await engine.build(team, { "one.bin": randomBytes(200_000) });
        await person.docker("push", team);
        await pullAnew();
        const anonymous = copy("src", `docker://${team}`, `dir:${folder}/nobodys`);
        await expect(anonymous).rejects.toThrow(/unauthorized|authentication required/);
      });

      it("knows them at its second start, and prints nothing of them", async () => {
        await serve("private");
        expect(await engine.logs("berth")).not.toMatch(/password: /);
        await pullAnew();
        const berth = ["exec", "berth", "node", "/berth/dist/src/main.js"];
        expect(await engine.docker(...berth, "user", "list")).toMatch(/^admin +yes/m);
      });

      it("serves as user 65532 with a volume, becomes healthy, and is open to all when told so", async () => {
        await serve("open", "--env", "BERTH_AUTH_MODE=open");
        expect(await engine.docker("exec", "berth", "node", "-p", "process.getuid()")).toBe("65532");
        await copy("dest", `oci:${folder}/layout:1`, `docker://${team}`);
        await copy("src", `docker://${team}`, `dir:${folder}/back`);
        expect(sha256(await readFile(join(folder, "back/manifest.json")))).toBe(image.digest);
      });

      it("ends with 0 on docker stop and keeps what was pushed for the next container", async () => {
        await engine.docker("stop", "berth");
        expect(await engine.docker("inspect", "--format", "{{.State.ExitCode}}", "berth")).toBe("0");
        await serve("open", "--env", "BERTH_AUTH_MODE=open", "--read-only");
        await copy("src", `docker://${team}`, `dir:${folder}/again`);
        expect(sha256(await readFile(join(folder, "again/manifest.json")))).toBe(image.digest);
      });
    });
  },
);
