// A layer of 2 GiB, there and back: it arrives whole and Berth's memory does not grow with it. Docker, which compresses
// slowly, takes a smaller one unless the long form is asked for (npm run e2e -- --long).
import { createHash, randomBytes } from "node:crypto";
import { open, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DockerEngine } from "../support/clients/docker-engine.ts";
import { ociManifest } from "../support/clients/image-layout.ts";
import { docker, skopeo } from "../support/clients/installed-client.ts";
import { sha256 } from "../support/clients/registry-http.ts";
import { runCommand } from "../support/clients/run-command.ts";
import { createScratchFolder, removeScratchFolder } from "../support/clients/scratch-folder.ts";
import { verifyImage } from "../support/clients/verify-image.ts";
import { berthForThisFile } from "./berth-process.ts";

const berth = berthForThisFile();
const layerBytes = 2 * 1024 ** 3;
const dockerMiB = process.env["BERTH_TEST_LONG"] === "1" ? 2048 : 512;
const maxResidentMiB = 400;

/** Writes a file of pseudo-random mebibytes, each different; its digest. */
async function writeLargeFile(path: string, bytes: number): Promise<string> {
  const hash = createHash("sha256");
  const file = await open(path, "w");
  const block = randomBytes(1024 ** 2);
  for (let index = 0; index < bytes / block.length; index++) {
    block.writeUInt32BE(index);
    hash.update(block);
    await file.write(block);
  }
  await file.close();
  return hash.digest("hex");
}

function reportMemory(what: string): void {
  const { now, peak } = berth.current.process.residentMiB();
  console.log(`${what}: Berth holds ${now} MiB, at most ${peak} MiB`);
  expect(peak).toBeLessThan(maxResidentMiB);
}

describe.skipIf(skopeo.missing)(skopeo.title, () => {
  let folder: string;
  let manifestDigest: string;

  beforeAll(async () => {
    folder = await createScratchFolder();
    const layer = await writeLargeFile(join(folder, "layer"), layerBytes);
    await runCommand("mv", [join(folder, "layer"), join(folder, layer)]);
    const config = Buffer.from(
      JSON.stringify({
        architecture: "amd64",
        os: "linux",
        rootfs: { type: "layers", diff_ids: [`sha256:${layer}`] },
      }),
    );
    const manifest = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: ociManifest,
        config: {
          mediaType: "application/vnd.oci.image.config.v1+json",
          digest: sha256(config),
          size: config.length,
        },
        layers: [
          {
            mediaType: "application/vnd.oci.image.layer.v1.tar",
            digest: `sha256:${layer}`,
            size: layerBytes,
          },
        ],
      }),
    );
    manifestDigest = sha256(manifest);
    await writeFile(join(folder, "version"), "Directory Transport Version: 1.1\n");
    await writeFile(join(folder, sha256(config).slice(7)), config);
    await writeFile(join(folder, "manifest.json"), manifest);
  });
  afterAll(() => removeScratchFolder(folder));

  it("pushes and pulls a layer of 2 GiB", async () => {
    const name = `docker://${berth.current.host}/large/layer:1`;
    const flags = ["copy", "--preserve-digests"];
    await runCommand("skopeo", [
      ...flags,
      "--dest-tls-verify=false",
      "--dest-compress=false",
      `dir:${folder}`,
      name,
    ]);
    reportMemory("after the push");
    expect((await verifyImage(berth.current.http, "large/layer", "1")).digest).toBe(manifestDigest);
    const back = join(folder, "back");
    await runCommand("skopeo", [...flags, "--src-tls-verify=false", name, `dir:${back}`]);
    reportMemory("after the pull");
    await rm(back, { recursive: true });
  });
});

describe.skipIf(docker.missing)(docker.title, () => {
  it(`pushes and pulls a layer of ${dockerMiB} MiB`, async () => {
    const folder = await createScratchFolder();
    const engine = await DockerEngine.start();
    try {
      const name = `${berth.current.host}/large/docker:1`;
      await writeLargeFile(join(folder, "big.bin"), dockerMiB * 1024 ** 2);
      await writeFile(join(folder, "Dockerfile"), "FROM scratch\nCOPY big.bin /big.bin\n");
      await engine.docker("build", "--tag", name, folder);
      await engine.docker("push", name);
      reportMemory("after docker's push");
      const { id } = await engine.inspect(name);
      await engine.docker("image", "rm", "--force", id);
      await engine.docker("pull", name);
      expect((await engine.inspect(name)).id).toBe(id);
      reportMemory("after docker's pull");
    } finally {
      await engine.close();
      await removeScratchFolder(folder);
    }
  });
});
