// Berth's own image, built from the Dockerfile and run: it serves as nobody in particular, keeps its volume, refuses to
// be open by accident, and a client pushes to it. The engine that runs it has a network of its own, so that the port it
// publishes is not the machine's.
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DockerEngine } from "../support/clients/docker-engine.ts";
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
      let network: string;

      /** Starts the registry in the background, as a user would. */
      const serve = async (...flags: string[]): Promise<void> => {
        const volume = ["--name", "berth", "--volume", "berth:/data", "--health-interval", "1s"];
        const open = ["--env", "BERTH_AUTH_MODE=open", "--publish", "5000:5000"];
        await engine.docker("run", "--detach", ...volume, ...open, ...flags, "berth");
        await expect.poll(health, { timeout: 60_000, interval: 200 }).toBe("healthy");
      };
      const health = (): Promise<string> =>
        engine.docker("inspect", "--format", "{{.State.Health.Status}}", "berth");
      /** skopeo in the network where the engine publishes ports. */
      const copy = (flag: string, from: string, to: string): Promise<string> => {
        const command = ["skopeo", "copy", `--${flag}-tls-verify=false`, from, to];
        return runCommand("nsenter", ["--target", network, "--net", ...command]);
      };
      const registry = "docker://127.0.0.1:5000/team/app:1";

      beforeAll(async () => {
        network = await engine.enterOwnNetwork();
      });

      it("refuses to serve beyond loopback without a mode, and prints what to add", async () => {
        const run = engine.docker("run", "--rm", "--publish", "5000:5000", "berth");
        await expect(run).rejects.toThrow(/docker run .*-e BERTH_AUTH_MODE=open/);
      });

      it("serves as user 65532 with a volume, becomes healthy, and a client pushes to it and pulls", async () => {
        await serve();
        expect(await engine.docker("exec", "berth", "node", "-p", "process.getuid()")).toBe("65532");
        await copy("dest", `oci:${folder}/layout:1`, registry);
        await copy("src", registry, `dir:${folder}/back`);
        expect(sha256(await readFile(join(folder, "back/manifest.json")))).toBe(image.digest);
      });

      it("ends with 0 on docker stop and keeps what was pushed for the next container", async () => {
        await engine.docker("stop", "berth");
        expect(await engine.docker("inspect", "--format", "{{.State.ExitCode}}", "berth")).toBe("0");
        await engine.docker("rm", "berth");
        await serve("--read-only");
        await copy("src", registry, `dir:${folder}/again`);
        expect(sha256(await readFile(join(folder, "again/manifest.json")))).toBe(image.digest);
      });
    });
  },
);
