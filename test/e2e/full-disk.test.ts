// REQ-22 on a real, small file system: pushes until it is full, what docker and skopeo then tell their users, what goes on,
// and how deleting makes room, without a repair and without a restart.
import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { open, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mayMount, mount } from "../storage/blobs/filesystem/mounts.ts";
import { DockerEngine } from "../support/clients/docker-engine.ts";
import { buildRandomImage, writeLayout } from "../support/clients/image-layout.ts";
import { docker, skopeo } from "../support/clients/installed-client.ts";
import { runCommand } from "../support/clients/run-command.ts";
import { createScratchFolder, removeScratchFolder } from "../support/clients/scratch-folder.ts";
import { verifyImage } from "../support/clients/verify-image.ts";
import { berthForThisFile } from "./berth-process.ts";

const mebibyte = 1024 * 1024;
const minFreeBytes = 24 * mebibyte;
const words = /storage full: ask the operator to free or add space, then push again: \d+ MiB are free/;
const unable = skopeo.missing || !mayMount;

describe.skipIf(unable)(
  `a file system of 100 MiB (${unable ? "needs root and skopeo" : skopeo.title})`,
  () => {
    let folder: string;
    let disk: string;
    const pushed: string[] = [];

    const berth = berthForThisFile(async () => {
      folder = await createScratchFolder();
      disk = join(folder, "disk");
      mkdirSync(disk);
      mount(disk, "size=100m");
      return {
        environment: {
          BERTH_STORAGE_BLOBS_FILESYSTEM_DIRECTORY: join(disk, "blobs"),
          BERTH_STORAGE_METADATA_SQLITE_PATH: join(disk, "berth.sqlite"),
          BERTH_STORAGE_MIN_FREE_BYTES: String(minFreeBytes),
          BERTH_GC_GRACE_SECONDS: "1",
          BERTH_GC_EVERY_SECONDS: "1",
        },
      };
    });
    afterAll(async () => {
      await berth.current.close();
      await runCommand("umount", ["-l", disk]);
      await removeScratchFolder(folder);
    });

    const push = async (name: string, bytes: number): Promise<string> => {
      const layout = join(folder, name);
      mkdirSync(layout);
      await writeLayout(layout, "1", buildRandomImage(bytes));
      const target = `docker://${berth.current.host}/full/${name}:1`;
      const copy = runCommand("skopeo", ["copy", "--dest-tls-verify=false", `oci:${layout}:1`, target]);
      return copy.then(
        () => "pushed",
        (error: unknown) => String(error),
      );
    };
    const free = async (): Promise<number> => {
      const { bavail, bsize } = await statfs(disk);
      return bavail * bsize;
    };
    const verifyAll = async (): Promise<void> => {
      for (const name of pushed) await verifyImage(berth.current.http, `full/${name}`, "1");
    };

    beforeAll(async () => {
      for (let n = 0; n < 30; n += 1) {
        const outcome = await push(`image${n}`, 8 * mebibyte);
        if (outcome !== "pushed") {
          expect(outcome).toMatch(words);
          return;
        }
        pushed.push(`image${n}`);
      }
      throw new Error("it never got full");
    }, 120_000);

    it("is filled to the mark and not beyond, and everything that was acknowledged is whole", async () => {
      expect(pushed.length).toBeGreaterThan(3);
      expect(await free()).toBeGreaterThan(minFreeBytes - 2 * mebibyte);
      await verifyAll();
    });

    it.skipIf(docker.missing)("tells docker's user soon, and why", async () => {
      const engine = await DockerEngine.start();
      try {
        const name = `${berth.current.host}/full/docker:1`;
        await engine.build(name, { "one.bin": randomBytes(12 * mebibyte) });
        const began = performance.now();
        const failure = await engine.docker("push", name).catch((error: unknown) => String(error));
        expect(failure).toMatch(words);
        // A layer that was let in and cut at the mark is begun once more; that is refused, and docker gives up.
        expect(failure.match(/Retrying in 5 seconds/g)?.length ?? 0).toBeLessThanOrEqual(1);
        expect(performance.now() - began).toBeLessThan(30_000);
      } finally {
        await engine.close();
      }
    });

    it("when others fill it to the last byte, still serves, keeps all, and goes on once they stop", async () => {
      const ballast = await open(join(disk, "ballast"), "w");
      const block = randomBytes(mebibyte);
      for (let size = block.length; size >= 4096;) {
        const written = await ballast.write(block, 0, size).then(
          ({ bytesWritten }) => bytesWritten,
          () => 0,
        );
        if (written === 0) size = Math.floor(size / 2);
      }
      await ballast.close();
      expect(await free()).toBeLessThan(4096);
      await verifyAll();
      const { http } = berth.current;
      const refused = await http.send("DELETE", "/v2/full/image0/manifests/1");
      expect([202, 413]).toContain(refused.status);
      if (refused.status === 413) expect(refused.body.toString("utf8")).toMatch(/storage full/);
      await rm(join(disk, "ballast"));
      const again = await http.send("DELETE", "/v2/full/image0/manifests/1");
      expect(again.status).toBe(refused.status === 202 ? 404 : 202);
      pushed.shift();
      await verifyAll();
    });

    it("makes room when tags are deleted, and pushes are taken again", async () => {
      const { http } = berth.current;
      for (const name of pushed.splice(0, 2))
        expect((await http.send("DELETE", `/v2/full/${name}/manifests/1`)).status).toBe(202);
      await expect
        .poll(free, { timeout: 150_000, interval: 1000 })
        .toBeGreaterThan(minFreeBytes + 20 * mebibyte);
      expect(await push("after", 8 * mebibyte)).toBe("pushed");
      pushed.push("after");
      await verifyAll();
    });
  },
);
