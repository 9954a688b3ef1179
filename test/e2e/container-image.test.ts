// Berth's own image, built from the Dockerfile and run: it serves as nobody in particular, keeps its volume, refuses to
// be open by accident, and a client pushes to it. It runs in a network of its own, which the client enters.
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

    /** Starts the registry in the background; the id of its main process here, outside. */
    const serve = async (...flags: string[]): Promise<string> => {
      await engine.docker(
        "run",
        "--detach",
        "--name",
        "berth",
        "--network",
        "none",
        "--volume",
        "berth:/data",
        ...flags,
        "berth",
      );
      await expect.poll(health, { timeout: 60_000, interval: 200 }).toBe("healthy");
      return engine.docker("inspect", "--format", "{{.State.Pid}}", "berth");
    };
    const health = (): Promise<string> =>
      engine.docker("inspect", "--format", "{{.State.Health.Status}}", "berth");
    /** skopeo inside the container's network, where the registry is at its default address. */
    const copy = (process: string, flag: string, from: string, to: string): Promise<string> =>
      runCommand("nsenter", [
        "--target",
        process,
        "--net",
        "skopeo",
        "copy",
        `--${flag}-tls-verify=false`,
        from,
        to,
      ]);
    const registry = "docker://127.0.0.1:5000/team/app:1";

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
      await engine.dockerWith(
        { timeoutSeconds: 900 },
        "build",
        "--network",
        "host",
        "--tag",
        "berth",
        ...flags,
        sources,
      );
      expect(await engine.docker("run", "--rm", "--network", "none", "berth", "--version")).toMatch(
        /^\d+\.\d+\.\d+/,
      );
      const packagesInside = await engine.docker(
        "run",
        "--rm",
        "--entrypoint",
        "ls",
        "berth",
        "/berth/node_modules",
      );
      expect(packagesInside).not.toMatch(/^(vitest|typescript)$/m);
    });

    it("refuses to serve beyond loopback without a mode, and prints what to add", async () => {
      const run = engine.docker("run", "--rm", "--network", "none", "berth");
      await expect(run).rejects.toThrow(/docker run .*-e BERTH_AUTH_MODE=open/);
    });

    it("serves as user 65532 with a volume, becomes healthy, and a client pushes to it and pulls", async () => {
      const process = await serve("--env", "BERTH_AUTH_MODE=open", "--health-interval", "1s");
      expect(await engine.docker("exec", "berth", "node", "-p", "process.getuid()")).toBe("65532");
      await copy(process, "dest", `oci:${folder}/layout:1`, registry);
      await copy(process, "src", registry, `dir:${folder}/back`);
      expect(sha256(await readFile(join(folder, "back/manifest.json")))).toBe(image.digest);
    });

    it("ends with 0 on docker stop and keeps what was pushed for the next container", async () => {
      await engine.docker("stop", "berth");
      expect(await engine.docker("inspect", "--format", "{{.State.ExitCode}}", "berth")).toBe("0");
      await engine.docker("rm", "berth");
      const process = await serve("--env", "BERTH_AUTH_MODE=open", "--health-interval", "1s", "--read-only");
      await copy(process, "src", registry, `dir:${folder}/again`);
      expect(sha256(await readFile(join(folder, "again/manifest.json")))).toBe(image.digest);
    });
  },
);
