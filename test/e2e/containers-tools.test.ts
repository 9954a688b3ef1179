// buildah and podman: each with a store of its own, pushed from one and pulled into another that is empty.
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ContainersTool } from "../support/clients/containers-tool.ts";
import { buildah, podman } from "../support/clients/installed-client.ts";
import { createScratchFolder, removeScratchFolder } from "../support/clients/scratch-folder.ts";
import { tarLayer } from "../support/clients/image-layout.ts";
import { verifyImage } from "../support/clients/verify-image.ts";
import { berthForThisFile } from "./berth-process.ts";

const berth = berthForThisFile();
const insecure = "--tls-verify=false";

for (const { program, title, missing } of [
  { ...buildah, program: "buildah" as const },
  { ...podman, program: "podman" as const },
]) {
  describe.skipIf(missing)(title, () => {
    let folder: string;
    let tool: ContainersTool;
    const repository = `${program}/app`;
    const name = (reference: string): string => `${berth.current.host}/${repository}:${reference}`;
    const imageId = (from: ContainersTool, image: string): Promise<string> =>
      from.run("images", "--no-trunc", "--quiet", image);

    /** An image with one layer of random bytes, in the tool's own way. */
    const make = async (tag: string, architecture: string): Promise<void> => {
      const file = join(folder, `${tag}.tar`);
      await writeFile(file, tarLayer("random.bin", randomBytes(700_000)));
      if (program === "podman") {
        await tool.run("import", "--arch", architecture, file, name(tag));
        return;
      }
      const container = await tool.run("from", "--arch", architecture, "scratch");
      await tool.run("add", container, file);
      await tool.run("commit", "--rm", container, name(tag));
    };

    beforeAll(async () => {
      folder = await createScratchFolder();
      tool = await ContainersTool.create(program);
      for (const architecture of ["amd64", "arm64"]) await make(architecture, architecture);
    });
    afterAll(async () => {
      await tool.close();
      await removeScratchFolder(folder);
    });

    it("pushes an image and an empty store pulls the same one", async () => {
      await tool.run("push", insecure, name("amd64"));
      const stored = await verifyImage(berth.current.http, repository, "amd64");
      const empty = await ContainersTool.create(program);
      try {
        await empty.run("pull", insecure, name("amd64"));
        expect(await imageId(empty, name("amd64"))).toBe(stored.configDigest);
        expect(await imageId(tool, name("amd64"))).toBe(stored.configDigest);
        expect(await empty.run("images", "--format", "{{.Digest}}", name("amd64"))).toBe(stored.digest);
      } finally {
        await empty.close();
      }
    });

    it("pushes a manifest list of two architectures with --all", async () => {
      await tool.run("manifest", "create", "both");
      for (const architecture of ["amd64", "arm64"]) {
        await tool.run("manifest", "add", "both", `containers-storage:${name(architecture)}`);
      }
      await tool.run("manifest", "push", insecure, "--all", "both", `docker://${name("both")}`);
      const stored = await verifyImage(berth.current.http, repository, "both");
      expect(stored.children).toHaveLength(2);
      const empty = await ContainersTool.create(program);
      try {
        await empty.run("pull", insecure, name("both"));
      } finally {
        await empty.close();
      }
    });

    it("pushes again after the tag was deleted", async () => {
      const { http } = berth.current;
      expect((await http.send("DELETE", `/v2/${repository}/manifests/amd64`)).status).toBe(202);
      const empty = await ContainersTool.create(program);
      try {
        await expect(empty.run("pull", insecure, name("amd64"))).rejects.toThrow(/manifest unknown/i);
        await tool.run("push", insecure, name("amd64"));
        await empty.run("pull", insecure, name("amd64"));
      } finally {
        await empty.close();
      }
    });

    it("pushes zstd layers in an OCI manifest", async () => {
      await make("zstd", "amd64");
      await tool.run("push", insecure, "--format", "oci", "--compression-format", "zstd", name("zstd"));
      const answer = await berth.current.http.send("GET", `/v2/${repository}/manifests/zstd`, {
        headers: { accept: "application/vnd.oci.image.manifest.v1+json" },
      });
      expect(answer.body.toString("utf8")).toContain("application/vnd.oci.image.layer.v1.tar+zstd");
      await verifyImage(berth.current.http, repository, "zstd");
    });
  });
}
