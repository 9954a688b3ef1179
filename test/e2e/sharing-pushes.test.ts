// Many pushes at once that share layers: every image must be whole and every digest stored once.
import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DockerEngine } from "../support/clients/docker-engine.ts";
import { buildImage, type BuiltImage, tarLayer, writeLayout } from "../support/clients/image-layout.ts";
import { docker, skopeo } from "../support/clients/installed-client.ts";
import { runCommand } from "../support/clients/run-command.ts";
import { createScratchFolder, removeScratchFolder } from "../support/clients/scratch-folder.ts";
import { verifyImage } from "../support/clients/verify-image.ts";
import { berthForThisFile } from "./berth-process.ts";

const berth = berthForThisFile();
const pushes = Array.from({ length: 20 }, (_, index) => `shared/app${index}`);

/** Digests of all stored objects, one for each object. */
async function storedDigests(): Promise<string[]> {
  const files = await berth.current.filesIn("blobs/blobs/sha256");
  return files.map((file) => `sha256:${basename(file).slice(0, 64)}`).sort();
}

/** The second copy of a digest that two clients uploaded at once goes in the background. */
async function expectStoredOnce(digests: Iterable<string>): Promise<void> {
  expect(await berth.current.filesIn("blobs/uploads")).toEqual([]);
  await expect.poll(storedDigests, { timeout: 60_000, interval: 500 }).toEqual([...digests].sort());
}

describe.skipIf(skopeo.missing)(skopeo.title, () => {
  let folder: string;
  const common = [0, 1, 2].map((index) => tarLayer(`common${index}`, randomBytes(2_000_000)));
  const images = new Map<string, BuiltImage>();

  beforeAll(async () => {
    folder = await createScratchFolder();
    for (const repository of pushes) {
      const image = buildImage([...common, tarLayer("own", randomBytes(50_000))]);
      images.set(repository, image);
      await mkdir(join(folder, repository), { recursive: true });
      await writeLayout(join(folder, repository), "1", image);
    }
  });
  afterAll(() => removeScratchFolder(folder));

  it("pushes 20 images that share layers at once; each is whole and each digest is stored once", async () => {
    const push = (repository: string): Promise<string> =>
      runCommand("skopeo", [
        ...["copy", "--dest-tls-verify=false", `oci:${folder}/${repository}:1`],
        `docker://${berth.current.host}/${repository}:1`,
      ]);
    await Promise.all(pushes.map(push));
    const wanted = new Set<string>();
    for (const [repository, image] of images) {
      expect((await verifyImage(berth.current.http, repository, "1")).digest).toBe(image.digest);
      for (const digest of image.blobs.keys()) wanted.add(digest);
    }
    await expectStoredOnce(wanted);
  });

  it("pulls all 20 at once", async () => {
    const pull = (repository: string): Promise<string> =>
      runCommand("skopeo", [
        ...["copy", "--src-tls-verify=false", `docker://${berth.current.host}/${repository}:1`],
        `dir:${folder}/back-${basename(repository)}`,
      ]);
    await Promise.all(pushes.map(pull));
  });
});

describe.skipIf(docker.missing)(docker.title, () => {
  it("pushes 20 images that share layers at once, and an empty engine pulls them at once", async () => {
    const engine = await DockerEngine.start();
    const empty = await DockerEngine.start();
    try {
      const before = await storedDigests();
      const names = pushes.map((_, index) => `${berth.current.host}/docker/app${index}:1`);
      await engine.build("base", { "base.bin": randomBytes(3_000_000) });
      for (const name of names) await engine.build(name, { "own.bin": randomBytes(20_000) }, "base");
      await Promise.all(names.map((name) => engine.docker("push", name)));
      const wanted = new Set<string>(before);
      for (const index of names.keys()) {
        const { configDigest, layerDigests } = await verifyImage(
          berth.current.http,
          `docker/app${index}`,
          "1",
        );
        for (const digest of [configDigest, ...layerDigests]) wanted.add(digest ?? "");
      }
      await expectStoredOnce(wanted);
      await Promise.all(names.map((name) => empty.docker("pull", name)));
      for (const name of names) expect((await empty.inspect(name)).id).toBe((await engine.inspect(name)).id);
    } finally {
      await engine.close();
      await empty.close();
    }
  });
});
