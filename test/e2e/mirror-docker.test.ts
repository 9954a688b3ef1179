// docker in front of the mirror: by registry-mirrors as `berth client-config docker` prints them, and by prefixes, with
// CNCF Distribution as what is mirrored.
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { distribution, DistributionRegistry } from "../support/clients/distribution-registry.ts";
import { DockerEngine } from "../support/clients/docker-engine.ts";
import { DockerUser, keptAs } from "../support/clients/docker-user.ts";
import { docker } from "../support/clients/installed-client.ts";
import { removeScratchFolder } from "../support/clients/scratch-folder.ts";
import { BerthProcess } from "./berth-process.ts";
import { clientConfig, mirrorConfiguration, type MirrorFiles } from "./mirror-berth.ts";

describe.skipIf(docker.missing || distribution.missing)(
  `${docker.title}, mirror of ${distribution.title}`,
  () => {
    let hub: DistributionRegistry;
    let quay: DistributionRegistry;
    let files: MirrorFiles;
    let berth: BerthProcess;
    let builder: DockerEngine;
    let daemonJson: string;
    let image: { id: string; repoDigests: string[] };

    beforeAll(async () => {
      [hub, quay] = [await DistributionRegistry.start(), await DistributionRegistry.start()];
      files = await mirrorConfiguration({
        // Accounts, and on loopback: what is mirrored can be pulled by anybody, as at the upstreams themselves.
        auth: { mode: "accounts" },
        upstreams: [
          { host: "docker.io", url: `http://${hub.host}`, tagTtlSeconds: 0 },
          { host: "quay.io", url: `http://${quay.host}`, tagTtlSeconds: 0 },
        ],
        mirror: { default: "docker.io", backoffSeconds: 1 },
      });
      berth = await BerthProcess.start({ ...files.environment, BERTH_ADMIN_PASSWORD: "admin-of-the-mirror" });
      daemonJson = await clientConfig(berth, files.environment, "docker");
      builder = await DockerEngine.start();
      await builder.build(`${hub.host}/library/app:1`, {
        "a.bin": randomBytes(400_000),
        "b.bin": randomBytes(3000),
      });
      await builder.docker("push", `${hub.host}/library/app:1`);
      await builder.docker("tag", `${hub.host}/library/app:1`, `${quay.host}/team/app:1`);
      await builder.docker("push", `${quay.host}/team/app:1`);
      image = await builder.inspect(`${hub.host}/library/app:1`);
    });
    afterAll(async () => {
      await builder.close();
      await berth.close();
      await hub.close();
      await quay.close();
      await removeScratchFolder(files.folder);
    });

    const withEngine = async (work: (engine: DockerEngine) => Promise<void>): Promise<void> => {
      const engine = await DockerEngine.start({ daemonJson });
      try {
        await work(engine);
      } catch (error) {
        console.error(`Berth's log:\n${berth.process.log().slice(-4000)}`);
        throw error;
      } finally {
        await engine.close();
      }
    };

    it("pulls an official image by the printed registry-mirrors and runs it", () =>
      withEngine(async (engine) => {
        await engine.docker("pull", "app:1");
        expect((await engine.inspect("app:1")).id).toBe(image.id);
        expect(await engine.docker("run", "--rm", "--network", "host", "app:1")).toBe("hello from an image");
        expect((await berth.requests()).map(({ repository }) => repository)).toContain(
          "docker.io/library/app",
        );
      }));

    it("pulls any upstream's image by its prefix, without configuration of the client", () =>
      withEngine(async (engine) => {
        await engine.docker("pull", `${berth.host}/quay.io/team/app:1`);
        await engine.docker("pull", `${berth.host}/docker.io/library/app:1`);
        await engine.docker("pull", `${berth.host}/docker.io/app:1`);
        expect((await engine.inspect(`${berth.host}/quay.io/team/app:1`)).id).toBe(image.id);
        expect((await engine.inspect(`${berth.host}/docker.io/app:1`)).id).toBe(image.id);
      }));

    it("serves somebody who is logged in to Hub, and somebody with a wrong login", () =>
      withEngine(async (engine) => {
        const login = { auth: keptAs({ name: "hubuser", secret: "the-password-at-hub" }) };
        const user = await DockerUser.create(engine, {
          "https://index.docker.io/v1/": login,
          [berth.host]: login,
        });
        try {
          await user.docker("pull", "app:1");
          await user.docker("pull", `${berth.host}/quay.io/team/app:1`);
        } finally {
          await user.close();
        }
        expect(berth.process.log()).not.toContain("the-password-at-hub");
      }));

    it("refuses a push to what is mirrored, and says what it is", () =>
      withEngine(async (engine) => {
        await engine.docker("pull", `${berth.host}/quay.io/team/app:1`);
        await engine.docker("tag", `${berth.host}/quay.io/team/app:1`, `${berth.host}/quay.io/team/mine:1`);
        await expect(engine.docker("push", `${berth.host}/quay.io/team/mine:1`)).rejects.toThrow(/mirror/);
      }));

    it("takes a push of the same image under a name of its own, and pulls that one from then on", () =>
      withEngine(async (engine) => {
        const user = await DockerUser.create(engine, {
          [berth.host]: { auth: keptAs({ name: "admin", secret: "admin-of-the-mirror" }) },
        });
        try {
          await user.docker("pull", "app:1");
          await user.docker("tag", "app:1", `${berth.host}/library/app:1`);
          await user.docker("push", `${berth.host}/library/app:1`);
          const { http } = berth;
          const stored = await http.send("GET", "/api/v1/projects", {
            headers: { authorization: `Basic ${keptAs({ name: "admin", secret: "admin-of-the-mirror" })}` },
          });
          expect(stored.status).toBe(200);
          const pushed = (await berth.requests()).filter(
            ({ method, url }) => method === "PUT" && url.startsWith("/v2/library/app/"),
          );
          expect(pushed.map(({ status }) => status)).not.toContain(404);
          expect(pushed.some(({ url }) => url.includes("/manifests/"))).toBe(true);
        } finally {
          await user.close();
        }
      }));

    it("pulls with every upstream gone, after a restart of Berth too", async () => {
      await hub.stop();
      await quay.stop();
      await berth.stop();
      await berth.start();
      await withEngine(async (engine) => {
        await engine.docker("pull", `${berth.host}/docker.io/library/app:1`);
        await engine.docker("pull", `${berth.host}/quay.io/team/app:1`);
        await expect(engine.docker("pull", `${berth.host}/quay.io/team/other:1`)).rejects.toThrow();
      });
    });
  },
);
