// containerd with one `_default` host for all registries, as `berth client-config containerd` prints it; one platform
// pulled, the upstream cut, and the image still there by every name that a cluster uses.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ContainerdEngine } from "../support/clients/containerd-engine.ts";
import { distribution, DistributionRegistry } from "../support/clients/distribution-registry.ts";
import { containerd } from "../support/clients/installed-client.ts";
import { createScratchFolder, removeScratchFolder } from "../support/clients/scratch-folder.ts";
import { BerthProcess } from "./berth-process.ts";
import {
  clientConfig,
  mirrorConfiguration,
  type MirrorFiles,
  type MultiArchitectureImage,
  placeFile,
  pushBuilt,
  pushTwoArchitectures,
} from "./mirror-berth.ts";

describe.skipIf(containerd.missing || distribution.missing)(
  `${containerd.title}, mirror of ${distribution.title}`,
  () => {
    let folder: string;
    let upstream: DistributionRegistry;
    let files: MirrorFiles;
    let berth: BerthProcess;
    let image: MultiArchitectureImage;

    beforeAll(async () => {
      folder = await createScratchFolder();
      upstream = await DistributionRegistry.start();
      image = await pushTwoArchitectures(upstream.http, "pause", "3.9");
      // What stands in for registry.k8s.io where that can't be reached: one path for all, and the tag without its v.
      await pushBuilt(upstream.http, "google_containers/coredns", "1.8.6", image.images.amd64);
      const url = `http://${upstream.host}`;
      files = await mirrorConfiguration({
        upstreams: [
          {
            host: "registry.k8s.io",
            tagTtlSeconds: 0,
            sources: [
              { url, rewrite: [{ from: "coredns/coredns:v(.*)", to: "google_containers/coredns:$1" }] },
            ],
          },
          { host: "quay.io", url },
        ],
        mirror: { backoffSeconds: 1 },
      });
      berth = await BerthProcess.start(files.environment);
      const hosts = await clientConfig(berth, files.environment, "containerd");
      await placeFile(folder, "_default/hosts.toml", hosts);
    });
    afterAll(async () => {
      await berth.close();
      await upstream.close();
      await removeScratchFolder(folder);
      await removeScratchFolder(files.folder);
    });

    const withEngine = async (work: (engine: ContainerdEngine) => Promise<void>): Promise<void> => {
      const engine = await ContainerdEngine.start();
      try {
        await work(engine);
      } catch (error) {
        console.error(`Berth's log:\n${berth.process.log().slice(-4000)}`);
        throw error;
      } finally {
        await engine.close();
      }
    };
    const pull = (engine: ContainerdEngine, name: string, platform = "linux/amd64"): Promise<string> =>
      engine.ctr("content", "fetch", "--hosts-dir", folder, "--platform", platform, name);

    it("pulls one platform by ns, under the old name and the new one", () =>
      withEngine(async (engine) => {
        await pull(engine, "registry.k8s.io/pause:3.9");
        const held = await engine.contentDigests();
        expect(held).toEqual(expect.arrayContaining([image.digest, image.images.amd64.digest]));
        expect(held).not.toContain(image.images.arm64.digest);
        const before = upstream.log().split("http.request.method=GET").length;
        await withEngine((other) => pull(other, "k8s.gcr.io/pause:3.9").then(() => undefined));
        expect(upstream.log().split("http.request.method=GET").length).toBe(before);
      }));

    it("finds an image at a source that has it under another path and tag", () =>
      withEngine(async (engine) => {
        await pull(engine, "registry.k8s.io/coredns/coredns:v1.8.6");
        expect(await engine.contentDigests()).toContain(image.images.amd64.digest);
      }));

    it("serves tag, index and platform with the upstream gone; another platform fails, and comes when it is back", async () => {
      await upstream.stop();
      await withEngine(async (engine) => {
        await pull(engine, "registry.k8s.io/pause:3.9");
        await pull(engine, `registry.k8s.io/pause@${image.digest}`);
        await pull(engine, `registry.k8s.io/pause@${image.images.amd64.digest}`);
        await expect(pull(engine, "registry.k8s.io/pause:3.9", "linux/arm64")).rejects.toThrow();
      });
      await upstream.start();
      await expect
        .poll(
          () =>
            berth.http
              .send("HEAD", `/v2/registry.k8s.io/pause/manifests/${image.images.arm64.digest}`)
              .then(({ status }) => status),
          { timeout: 30_000, interval: 500 },
        )
        .toBe(200);
      await withEngine(async (engine) => {
        await pull(engine, "registry.k8s.io/pause:3.9", "linux/arm64");
        expect(await engine.contentDigests()).toContain(image.images.arm64.digest);
      });
    });

    it("answers a host that it does not mirror with 404 at once, and never asks there", async () => {
      const { status } = await berth.http.send("GET", "/v2/pause/manifests/3.9?ns=127.0.0.1:1");
      expect(status).toBe(404);
    });
  },
);
