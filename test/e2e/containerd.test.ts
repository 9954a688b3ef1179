// containerd, the runtime under Kubernetes: pushed with `ctr` from one content store and pulled into an empty one.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ContainerdEngine } from "../support/clients/containerd-engine.ts";
import { buildRandomImage, writeIndexLayout } from "../support/clients/image-layout.ts";
import { containerd } from "../support/clients/installed-client.ts";
import { runCommand } from "../support/clients/run-command.ts";
import { createScratchFolder, removeScratchFolder } from "../support/clients/scratch-folder.ts";
import { verifyImage } from "../support/clients/verify-image.ts";
import { berthForThisFile } from "./berth-process.ts";

const berth = berthForThisFile();

describe.skipIf(containerd.missing)(containerd.title, () => {
  let folder: string;
  let engine: ContainerdEngine;
  let indexDigest: string;
  const images = { amd64: buildRandomImage(2_000_000), arm64: buildRandomImage(400_000, "arm64") };
  const name = (repository: string): string => `${berth.current.host}/${repository}`;

  beforeAll(async () => {
    folder = await createScratchFolder();
    engine = await ContainerdEngine.start();
    const layout = join(folder, "layout");
    await mkdir(layout);
    indexDigest = (await writeIndexLayout(layout, "1", images)).digest;
    await runCommand("tar", ["-C", layout, "-cf", join(folder, "layout.tar"), "."]);
    await engine.ctr(
      "images",
      "import",
      "--all-platforms",
      "--no-unpack",
      "--base-name",
      name("cd/app"),
      join(folder, "layout.tar"),
    );
  });
  afterAll(async () => {
    await engine.close();
    await removeScratchFolder(folder);
  });

  it("pushes an index of two architectures and an empty store pulls all of it", async () => {
    await engine.ctr("images", "push", "--plain-http", name("cd/app:1"));
    const stored = await verifyImage(berth.current.http, "cd/app", "1");
    expect(stored.digest).toBe(indexDigest);
    expect(stored.children.map((child) => child.digest)).toEqual([images.amd64.digest, images.arm64.digest]);
    const empty = await ContainerdEngine.start();
    try {
      await empty.ctr("content", "fetch", "--plain-http", "--all-platforms", name("cd/app:1"));
      const everything = Object.values(images).flatMap((image) => [image.digest, ...image.blobs.keys()]);
      expect((await empty.contentDigests()).sort()).toEqual([indexDigest, ...everything].sort());
    } finally {
      await empty.close();
    }
  });

  it("pulls the machine's platform alone and unpacks it", async () => {
    const empty = await ContainerdEngine.start();
    try {
      await empty.ctr("images", "pull", "--plain-http", "--platform", "linux/amd64", name("cd/app:1"));
      const held = await empty.contentDigests();
      expect(held).toContain(images.amd64.digest);
      expect(held).not.toContain(images.arm64.layerDigests[0]);
    } finally {
      await empty.close();
    }
  });

  it("mounts layers it has pulled from a neighbouring repository instead of sending them", async () => {
    const puller = await ContainerdEngine.start();
    try {
      await puller.ctr("content", "fetch", "--plain-http", "--all-platforms", name("cd/app:1"));
      await puller.ctr("images", "tag", name("cd/app:1"), name("cd/copy:1"));
      await puller.ctr("images", "push", "--plain-http", name("cd/copy:1"));
    } finally {
      await puller.close();
    }
    expect((await verifyImage(berth.current.http, "cd/copy", "1")).digest).toBe(indexDigest);
    const sent = (await berth.current.requests()).filter((line) =>
      line.url.startsWith("/v2/cd/copy/blobs/uploads"),
    );
    expect(sent.filter((line) => line.url.includes("mount=") && line.status === 201)).not.toEqual([]);
    expect(sent.filter((line) => line.method === "PUT")).toEqual([]);
  });

  it("pushes again after the tag was deleted", async () => {
    const { http } = berth.current;
    expect((await http.send("DELETE", "/v2/cd/app/manifests/1")).status).toBe(202);
    await expect(engine.ctr("images", "pull", "--plain-http", name("cd/app:1"))).rejects.toThrow(/not found/);
    await engine.ctr("images", "push", "--plain-http", name("cd/app:1"));
    expect((await verifyImage(http, "cd/app", "1")).digest).toBe(indexDigest);
  });
});
