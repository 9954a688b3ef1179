// skopeo, which copies between a registry and folders: the same bytes must come back from every kind of source.
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  buildImage,
  buildRandomImage,
  type BuiltImage,
  tarLayer,
  writeIndexLayout,
  writeLayout,
} from "../support/clients/image-layout.ts";
import { skopeo } from "../support/clients/installed-client.ts";
import { sha256 } from "../support/clients/registry-http.ts";
import { runCommand } from "../support/clients/run-command.ts";
import { createScratchFolder, removeScratchFolder } from "../support/clients/scratch-folder.ts";
import { verifyImage } from "../support/clients/verify-image.ts";
import { berthForThisFile } from "./berth-process.ts";

const berth = berthForThisFile();

describe.skipIf(skopeo.missing)(skopeo.title, () => {
  let folder: string;
  const image = buildRandomImage(1_000_000);
  const target = (repository: string): string => `docker://${berth.current.host}/${repository}`;
  const push = (from: string, repository: string, ...flags: string[]): Promise<string> =>
    runCommand("skopeo", ["copy", "--dest-tls-verify=false", ...flags, from, target(repository)]);
  const pull = (repository: string, to: string, ...flags: string[]): Promise<string> =>
    runCommand("skopeo", ["copy", "--src-tls-verify=false", ...flags, target(repository), to]);

  beforeAll(async () => {
    folder = await createScratchFolder();
    await mkdir(join(folder, "layout"));
    await writeLayout(join(folder, "layout"), "1", image);
  });
  afterAll(() => removeScratchFolder(folder));

  it("pushes from an OCI layout and pulls the same bytes into an empty folder", async () => {
    await push(`oci:${folder}/layout:1`, "sk/oci:1");
    const stored = await verifyImage(berth.current.http, "sk/oci", "1");
    expect(stored).toMatchObject({ digest: image.digest, configDigest: image.configDigest });
    expect(stored.layerDigests).toEqual(image.layerDigests);
    await pull("sk/oci:1", `dir:${folder}/from-oci`);
    expect(sha256(await readFile(join(folder, "from-oci/manifest.json")))).toBe(image.digest);
    for (const [digest, content] of image.blobs) {
      expect(await readFile(join(folder, "from-oci", digest.slice(7)))).toEqual(content);
    }
  });

  it("pushes from a docker archive, converted to Docker's manifest, and pulls it by digest", async () => {
    await runCommand("skopeo", [
      "copy",
      `oci:${folder}/layout:1`,
      `docker-archive:${folder}/image.tar:sk/archive:1`,
    ]);
    await push(`docker-archive:${folder}/image.tar`, "sk/archive:1");
    const stored = await verifyImage(berth.current.http, "sk/archive", "1");
    expect(stored.mediaType).toBe("application/vnd.docker.distribution.manifest.v2+json");
    expect(stored.configDigest).toBe(image.configDigest);
    await pull(`sk/archive@${stored.digest}`, `oci:${folder}/from-archive:1`);
  });

  it("pushes from a folder with its digests preserved", async () => {
    await runCommand("skopeo", ["copy", `oci:${folder}/layout:1`, `dir:${folder}/dir`]);
    await push(`dir:${folder}/dir`, "sk/dir:1", "--preserve-digests");
    expect((await verifyImage(berth.current.http, "sk/dir", "1")).digest).toBe(image.digest);
  });

  it("pushes zstd-compressed layers as OCI and gets them back", async () => {
    await push(`oci:${folder}/layout:1`, "sk/zstd:1", "--dest-compress-format", "zstd", "--dest-compress");
    await pull("sk/zstd:1", `oci:${folder}/from-zstd:1`);
    await verifyImage(berth.current.http, "sk/zstd", "1");
  });

  it("copies a whole index of two architectures there and back", async () => {
    const images: Record<string, BuiltImage> = {
      amd64: buildRandomImage(300_000),
      arm64: buildRandomImage(300_000, "arm64"),
    };
    await mkdir(join(folder, "both"));
    const { digest } = await writeIndexLayout(join(folder, "both"), "1", images);
    await push(`oci:${folder}/both:1`, "sk/both:1", "--all");
    const stored = await verifyImage(berth.current.http, "sk/both", "1");
    expect(stored.digest).toBe(digest);
    expect(stored.children.map((child) => child.digest)).toEqual(
      Object.values(images).map((child) => child.digest),
    );
    await pull("sk/both:1", `oci:${folder}/both-back:1`, "--all");
    for (const child of [digest, ...stored.children.map((one) => one.digest)]) {
      expect(sha256(await readFile(join(folder, "both-back/blobs/sha256", child.slice(7))))).toBe(child);
    }
  });

  it("lists tags and inspects an image", async () => {
    const flags = ["--tls-verify=false"];
    const tags = await runCommand("skopeo", ["list-tags", ...flags, target("sk/oci")]);
    expect(JSON.parse(tags)).toMatchObject({ Tags: ["1"] });
    const inspected = JSON.parse(
      await runCommand("skopeo", ["inspect", ...flags, target("sk/oci:1")]),
    ) as object;
    expect(inspected).toMatchObject({ Digest: image.digest, Layers: image.layerDigests });
  });

  it("deletes an image, finds it gone, and pushes it again", async () => {
    await runCommand("skopeo", ["delete", "--tls-verify=false", target("sk/dir:1")]);
    await expect(pull("sk/dir:1", `dir:${folder}/gone`)).rejects.toThrow(/manifest unknown/i);
    await push(`dir:${folder}/dir`, "sk/dir:1", "--preserve-digests");
    expect((await verifyImage(berth.current.http, "sk/dir", "1")).digest).toBe(image.digest);
  });

  it("pushes an image with an empty layer list and one with a layer of no files", async () => {
    const bare = buildImage([]);
    const empty = buildImage([tarLayer("empty", Buffer.alloc(0))]);
    for (const [tag, one] of Object.entries({ bare, empty })) {
      await mkdir(join(folder, tag));
      await writeLayout(join(folder, tag), "1", one);
      await push(`oci:${folder}/${tag}:1`, `sk/small:${tag}`);
      expect((await verifyImage(berth.current.http, "sk/small", tag)).digest).toBe(one.digest);
    }
  });
});
