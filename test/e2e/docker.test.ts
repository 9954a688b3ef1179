// Docker's own engine: each scenario pushes from one dockerd and pulls into another whose store is empty.
import { randomBytes } from "node:crypto";
import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DockerEngine } from "../support/clients/docker-engine.ts";
import { docker } from "../support/clients/installed-client.ts";
import { createScratchFolder, removeScratchFolder } from "../support/clients/scratch-folder.ts";
import { verifyImage } from "../support/clients/verify-image.ts";
import { berthForThisFile } from "./berth-process.ts";

const berth = berthForThisFile();

describe.skipIf(docker.missing)(docker.title, () => {
  let engine: DockerEngine;
  const name = (repository: string, tag = "1"): string => `${berth.current.host}/${repository}:${tag}`;

  beforeAll(async () => {
    engine = await DockerEngine.start();
    await engine.build(name("team/app"), {
      "one.bin": randomBytes(3_000_000),
      "two.bin": randomBytes(500_000),
    });
  });
  afterAll(() => engine.close());

  it("pushes an image, and an empty engine pulls and runs the same one", async () => {
    const pushed = await engine.docker("push", name("team/app"));
    const digest = /digest: (sha256:\w+)/.exec(pushed)?.[1];
    const stored = await verifyImage(berth.current.http, "team/app", "1");
    expect(stored.digest).toBe(digest);
    expect(stored.layerDigests).toHaveLength(3);
    const empty = await DockerEngine.start();
    try {
      await empty.docker("pull", name("team/app"));
      const pulled = await empty.inspect(name("team/app"));
      expect(pulled.id).toBe((await engine.inspect(name("team/app"))).id);
      expect(pulled.id).toBe(stored.configDigest);
      expect(pulled.repoDigests).toEqual([`${berth.current.host}/team/app@${stored.digest}`]);
      expect(await empty.docker("run", "--rm", "--network", "host", name("team/app"))).toBe(
        "hello from an image",
      );
      await empty.docker("image", "rm", "--force", pulled.id);
      await empty.docker("pull", `${berth.current.host}/team/app@${stored.digest}`);
    } finally {
      await empty.close();
    }
  });

  it("mounts the layers when the image goes to a second repository", async () => {
    await engine.docker("tag", name("team/app"), name("team/copy"));
    await engine.docker("push", name("team/copy"));
    const stored = await verifyImage(berth.current.http, "team/copy", "1");
    const sent = (await berth.current.requests()).filter((line) =>
      line.url.startsWith("/v2/team/copy/blobs/"),
    );
    const mounts = sent.filter(
      (line) => line.method === "POST" && line.url.includes("mount=") && line.status === 201,
    );
    expect(mounts).toHaveLength(stored.layerDigests.length);
    expect(sent.filter((line) => line.method === "PATCH").length).toBeLessThanOrEqual(1);
  });

  it("pushes again after the tag was deleted, without sending a layer twice", async () => {
    const { http } = berth.current;
    expect((await http.send("DELETE", "/v2/team/app/manifests/1")).status).toBe(202);
    expect((await http.send("GET", "/v2/team/app/manifests/1")).status).toBe(404);
    await expect(engine.docker("pull", name("team/app"))).rejects.toThrow(/not found|unknown/);
    const before = (await berth.current.requests()).length;
    await engine.docker("push", name("team/app"));
    await verifyImage(http, "team/app", "1");
    const again = (await berth.current.requests()).slice(before);
    expect(again.filter((line) => line.method === "PATCH")).toEqual([]);
  });

  it("pushes twenty tags of a repository with --all-tags", async () => {
    for (let index = 0; index < 20; index++)
      await engine.docker("tag", name("team/app"), name("team/many", `t${index}`));
    await engine.docker("push", "--all-tags", `${berth.current.host}/team/many`);
    const answer = await berth.current.http.send("GET", "/v2/team/many/tags/list");
    const { tags } = JSON.parse(answer.body.toString("utf8")) as { tags: string[] };
    expect(tags).toHaveLength(20);
  });

  it("creates, pushes and inspects a manifest list of two architectures", async () => {
    const [amd64, arm64, list] = [
      name("team/list", "amd64"),
      name("team/list", "arm64"),
      name("team/list", "both"),
    ];
    await engine.docker("tag", name("team/app"), amd64);
    await engine.docker("push", amd64);
    await engine.build(arm64, { "arm.bin": randomBytes(200_000) });
    await engine.docker("push", arm64);
    await engine.docker("manifest", "create", "--insecure", list, amd64, arm64);
    await engine.docker("manifest", "annotate", "--arch", "arm64", list, arm64);
    const pushed = await engine.docker("manifest", "push", "--insecure", list);
    const stored = await verifyImage(berth.current.http, "team/list", "both");
    expect(stored.digest).toBe(/sha256:[0-9a-f]{64}/.exec(pushed)?.[0]);
    expect(stored.children).toHaveLength(2);
    const inspected = JSON.parse(await engine.docker("manifest", "inspect", "--insecure", list)) as {
      manifests: { digest: string; platform: { architecture: string } }[];
    };
    expect(inspected.manifests.map((child) => child.digest)).toEqual(
      stored.children.map((child) => child.digest),
    );
    expect(inspected.manifests.map((child) => child.platform.architecture)).toEqual(["amd64", "arm64"]);
  });

  it("lets BuildKit on an empty engine take its steps from the cache in a pushed image", async () => {
    const folder = await createScratchFolder();
    const empty = await DockerEngine.start();
    const lines = [
      "FROM scratch",
      "COPY busybox /bin/busybox",
      'RUN ["/bin/busybox", "sh", "-c", "busybox head -c 100 /dev/urandom > /random"]',
    ];
    const build = async (on: DockerEngine, ...flags: string[]): Promise<string> => {
      const buildKit = { environment: { DOCKER_BUILDKIT: "1" } };
      await on.dockerWith(
        buildKit,
        "build",
        "--network",
        "host",
        ...flags,
        "--tag",
        name("team/kit"),
        folder,
      );
      return on.docker("image", "inspect", "--format", "{{json .RootFS.Layers}}", name("team/kit"));
    };
    try {
      await copyFile("/usr/bin/busybox", join(folder, "busybox"));
      await writeFile(join(folder, "Dockerfile"), lines.join("\n"));
      const layers = await build(engine, "--build-arg", "BUILDKIT_INLINE_CACHE=1");
      await engine.docker("push", name("team/kit"));
      expect(await build(empty, "--cache-from", name("team/kit"))).toBe(layers);
    } finally {
      await empty.close();
      await removeScratchFolder(folder);
    }
  });
});
